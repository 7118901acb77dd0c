-- Rows without an id of their own: the second of two equal rows of one file is a second call.
WITH repeated AS (
    SELECT line, row_number() OVER (PARTITION BY source_key ORDER BY line) AS occurrence
    FROM {rows}
    WHERE NOT has_id
)
UPDATE {rows} AS row
SET source_key = md5(row.source_key::text || ' #' || repeated.occurrence)::uuid
FROM repeated
WHERE repeated.line = row.line AND repeated.occurrence > 1 AND NOT row.has_id
