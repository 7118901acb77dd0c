-- Evidence without a version told the same as the counted call. It keeps a copy of that before
-- another version takes its place.
UPDATE call_evidence AS evidence
SET version = replaced.old_version || jsonb_build_object('import_id', evidence.import_id)
FROM {replaced} AS replaced
WHERE evidence.call_id = replaced.call_id AND evidence.version IS NULL
