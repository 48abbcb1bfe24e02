-- Handlers that hold a core: in Lua, and inside one call of a C function.
local burn = {}

local function answer(text)
    return { statusCode = 200, body = json.encode { message = text } }
end

function burn.in_lua(event)
    local stop = os.clock() + tonumber(event.pathParameters.ms) / 1000
    local n = 0
    while os.clock() < stop do
        for i = 1, 10000 do n = n + i end
    end
    return answer("burned")
end

function burn.in_c()
    local text = string.rep("a", 840)
    return answer(tostring(string.find(text, ".-.-.-.-b")))
end

-- One function for both: /same/burn holds its worker, /same/hello wants an answer meanwhile.
function burn.same(event)
    if event.pathParameters.what == "burn" then return burn.in_c() end
    return answer("hello")
end

return burn
