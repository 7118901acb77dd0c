DELETE FROM calls USING doomed
WHERE calls.started_at = doomed.started_at AND calls.id = doomed.id
  AND NOT EXISTS (SELECT FROM heirs WHERE heirs.call_id = doomed.id)
