-- Once an hour: how many orders there are, by status.
local orders = aws.table("Orders")

return function()
    local count = {}
    for order in orders:each {} do
        count[order.status] = (count[order.status] or 0) + 1
    end
    log.info("orders by status:", count)
    return count
end
