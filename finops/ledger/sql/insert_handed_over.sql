INSERT INTO calls
SELECT (jsonb_populate_record(
    NULL::calls, heirs.version || jsonb_build_object('id', heirs.call_id)
)).*
FROM heirs WHERE heirs.version IS NOT NULL
