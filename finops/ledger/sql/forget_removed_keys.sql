DELETE FROM call_keys USING calls
WHERE calls.import_id = %(import_id)s
  AND calls.started_at BETWEEN %(since)s AND %(until)s
  AND call_keys.call_id = calls.id
  AND NOT EXISTS (SELECT FROM heirs WHERE heirs.call_id = calls.id)
