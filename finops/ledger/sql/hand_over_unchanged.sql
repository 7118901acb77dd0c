-- The other route told the same: only the name of the route changes.
UPDATE calls SET import_id = heirs.import_id
FROM heirs
WHERE heirs.version IS NULL AND calls.started_at = heirs.old_started_at AND calls.id = heirs.call_id
