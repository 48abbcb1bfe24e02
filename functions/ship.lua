-- The queue Shipping: an order in each message.  What fails comes again, and after three times it goes to the
-- queue ShippingFailed; the others are done.
local orders = aws.table("Orders")

local function ship(order)
    orders:update({ id = order.id }, { status = "SHIPPED", shipped = time.iso() },
        { condition = "attribute_exists(id)" })
    log.info("shipped", order.quantity, order.item, "to", order.customer)
end

return function(event)
    local failed = json.array {}
    for _, message in ipairs(event.Records) do
        local ok, problem = pcall(function() ship(json.decode(message.body)) end)
        if not ok then
            log.error("not shipped:", problem)
            table.insert(failed, { itemIdentifier = message.messageId })
        end
    end
    return { batchItemFailures = failed }
end
