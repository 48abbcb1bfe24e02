-- A batch of messages: those that say "bad" have failed.
return function(event)
    local failed = json.array {}
    for _, message in ipairs(event.Records) do
        if message.body == "bad" then
            table.insert(failed, { itemIdentifier = message.messageId })
        end
    end
    return { batchItemFailures = failed }
end
