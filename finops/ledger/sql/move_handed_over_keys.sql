UPDATE call_keys SET started_at = (heirs.version ->> 'started_at')::timestamptz
FROM heirs
WHERE heirs.version IS NOT NULL AND call_keys.call_id = heirs.call_id
  AND call_keys.started_at <> (heirs.version ->> 'started_at')::timestamptz
