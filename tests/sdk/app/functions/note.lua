-- Sends its event to the queue Notes, where the test finds it.
local notes = aws.queue("Notes")

return function(event)
    notes:send(json.encode(event))
end
