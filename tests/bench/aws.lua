-- wrk script: one AWS operation per request.  wrk ... -s aws.lua URL -- OP TARGET
local op, target, seed = "get", "", 1
local kb = string.rep("x", 985)
local fmt = string.format

local function key() return fmt("k%08d", math.random(0, 9999)) end
local function head(x_target, service)
    return { ["content-type"] = "application/x-amz-json-1.0", ["x-amz-target"] = x_target,
        authorization = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/" .. service .. "/aws4_request, SignedHeaders=host, Signature=0" }
end

local ddb = "DynamoDB_20120810."
local ops = {
    put = { ddb .. "PutItem", function() return fmt('{"TableName":"bench","Item":{"pk":{"S":"%s"},"d":{"S":"%s"}}}', key(), kb) end },
    get = { ddb .. "GetItem", function() return fmt('{"TableName":"bench","Key":{"pk":{"S":"%s"}}}', key()) end },
    update = { ddb .. "UpdateItem", function()
        return fmt('{"TableName":"bench","Key":{"pk":{"S":"c%d"}},"UpdateExpression":"ADD n :one","ExpressionAttributeValues":{":one":{"N":"1"}}}',
            math.random(0, 999))
    end },
    query = { ddb .. "Query", function()
        return fmt('{"TableName":"benchq","KeyConditionExpression":"pk = :p AND sk >= :s","Limit":10,' ..
            '"ExpressionAttributeValues":{":p":{"S":"p%d"},":s":{"S":"s%03d"}}}', math.random(0, 9), math.random(0, 90))
    end },
    send = { "AmazonSQS.SendMessage", function() return fmt('{"QueueUrl":"%s","MessageBody":"%s"}', target, kb) end },
}

-- send, receive, delete in turn: each answer with a handle is deleted by the next request
local handles, turn = {}, 0
local function cycle()
    local handle = table.remove(handles)
    if handle then
        return "AmazonSQS.DeleteMessage", fmt('{"QueueUrl":"%s","ReceiptHandle":"%s"}', target, handle)
    end
    turn = turn + 1
    if turn % 2 == 1 then return "AmazonSQS.SendMessage", ops.send[2]() end
    return "AmazonSQS.ReceiveMessage", fmt('{"QueueUrl":"%s","MaxNumberOfMessages":1}', target)
end

function init(args)
    op, target = args[1], args[2]
    math.randomseed(os.time())
    if op == "invoke" then
        wrk.method, wrk.body = "POST", '{"pathParameters":{"name":"bob"}}'
        wrk.headers = head(nil, "lambda")
    end
end

function request()
    if op == "invoke" then return wrk.format(nil, target) end
    if op == "cycle" then
        local x, body = cycle()
        return wrk.format("POST", "/", head(x, "sqs"), body)
    end
    return wrk.format("POST", "/", head(ops[op][1], "dynamodb"), ops[op][2]())
end

function response(status, _, body)
    if op == "cycle" and status == 200 then
        local h = body:match('"ReceiptHandle":"([^"]+)"')
        if h then handles[#handles + 1] = h end
    end
end
