-- Rare: a replaced call also moved in time, and its keys must find it there.
UPDATE call_keys AS known SET started_at = told.started_at
FROM better JOIN told ON told.id = better.id
WHERE known.call_id = better.owner AND known.started_at <> told.started_at
