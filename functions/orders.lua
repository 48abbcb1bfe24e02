-- /orders: a file that returns a table holds several handlers ("orders.create" in template.json).
local reply = require "reply"

local orders = aws.table("Orders")

-- The order that a request's body asks for, or nil and what is wrong with it.
local function read_order(body)
    local ok, wish = pcall(json.decode, body or "")
    if not ok or type(wish) ~= "table" then
        return nil, "the body must be a JSON object"
    elseif type(wish.customer) ~= "string" or type(wish.item) ~= "string" then
        return nil, "an order needs a customer and an item"
    end
    local quantity = wish.quantity or 1
    if math.type(quantity) ~= "integer" or quantity < 1 then
        return nil, "quantity must be a whole number of 1 or more"
    end
    return { customer = wish.customer, item = wish.item, quantity = quantity }
end

local M = {}

-- POST /orders {"customer":"ada","item":"tea","quantity":2}
function M.create(event)
    local order, problem = read_order(event.body)
    if not order then
        return reply(400, { message = problem })
    end
    order.id = crypto.uuid()
    order.status = "NEW"
    order.ordered = time.iso()
    orders:put(order)
    return reply(201, order)
end

-- GET /orders/{id}
function M.get(event)
    local order = orders:get { id = event.pathParameters.id }
    if not order then
        return reply(404, { message = "there is no such order" })
    end
    return reply(200, order)
end

-- GET /orders?customer=ada, the newest first
function M.list(event)
    local customer = event.queryStringParameters and event.queryStringParameters.customer
    if not customer then
        return reply(400, { message = "whose orders? add ?customer=" })
    end
    local found = orders:query { index = "by-customer", key = { customer = customer }, descending = true }
    return reply(200, { orders = found })
end

return M
