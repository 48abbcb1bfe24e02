-- Answers with its event.
return function(event)
    return event
end
