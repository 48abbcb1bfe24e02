-- GET /menu of the HTTP API: what is no {statusCode, body} becomes the JSON body of a 200.
return function()
    return {
        menu = {
            { item = "tea", price = 2.5 },
            { item = "coffee", price = 3 },
            { item = "cake", price = 4.2 },
        },
    }
end
