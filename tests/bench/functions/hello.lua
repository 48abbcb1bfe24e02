-- The handler that every peer of the benchmark runs in its own language.
return function(event)
    return {
        statusCode = 200,
        headers = { ["content-type"] = "application/json", ["access-control-allow-origin"] = "*" },
        body = json.encode { message = "hello " .. event.pathParameters.name },
    }
end
