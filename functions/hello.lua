-- GET /hello/{name}: a file that returns a function is a handler.
local reply = require "reply"

return function(event)
    return reply(200, { message = "hello " .. event.pathParameters.name })
end
