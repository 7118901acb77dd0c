DELETE FROM calls USING heirs
WHERE heirs.version IS NOT NULL
  AND calls.started_at = heirs.old_started_at AND calls.id = heirs.call_id
