-- An answer that API Gateway understands: a status and a JSON body that any web page may read.
return function(status, body)
    return {
        statusCode = status,
        headers = { ["content-type"] = "application/json", ["access-control-allow-origin"] = "*" },
        body = json.encode(body),
    }
end
