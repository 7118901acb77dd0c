DELETE FROM calls
WHERE import_id = %(import_id)s
  AND started_at BETWEEN %(since)s AND %(until)s
  AND NOT EXISTS (SELECT FROM heirs WHERE heirs.call_id = calls.id)
