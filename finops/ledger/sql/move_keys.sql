-- Rare: a replaced call also moved in time, and its keys must find it there.
UPDATE call_keys AS known SET started_at = better.started_at
FROM better
WHERE better.started_at <> better.old_started_at
  AND known.call_id = better.owner AND known.started_at <> better.started_at
