DELETE FROM calls USING better
WHERE calls.started_at = better.old_started_at AND calls.id = better.owner
