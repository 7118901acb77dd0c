INSERT INTO call_evidence (call_id, started_at, import_id, precedence, version)
SELECT owner, old_started_at, old_import_id, old_precedence, old_version
FROM better
ON CONFLICT (call_id, import_id) DO UPDATE SET version = excluded.version
