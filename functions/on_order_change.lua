-- The stream of table Orders: tells the topic about each new order (template.json filters for INSERT).
local topic = aws.topic("OrderEvents")

return function(event)
    for _, record in ipairs(event.Records) do
        local order = aws.plain(record.dynamodb.NewImage)
        topic:publish(order, { attributes = { status = order.status, customer = order.customer } })
        log.info("told the topic about", order.id)
    end
end
