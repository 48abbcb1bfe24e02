-- Says so, and fails.
return function()
    log.info("about to fail")
    error("boom")
end
