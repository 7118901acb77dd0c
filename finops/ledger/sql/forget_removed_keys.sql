DELETE FROM call_keys USING doomed
WHERE call_keys.call_id = doomed.id
  AND NOT EXISTS (SELECT FROM heirs WHERE heirs.call_id = doomed.id)
