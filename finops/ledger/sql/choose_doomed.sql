-- The calls that count by the deleted import.
CREATE TEMP TABLE doomed ON COMMIT DROP AS
SELECT id, started_at FROM calls WHERE import_id = %(import_id)s
