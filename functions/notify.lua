-- Subscribed to the topic itself: this is where a mail would go out.
return function(event)
    for _, record in ipairs(event.Records) do
        local order = json.decode(record.Sns.Message)
        log.info("dear " .. order.customer .. ", we have your order of " .. order.item)
    end
end
