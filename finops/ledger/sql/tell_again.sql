-- Rows that turned out to tell of a call that is already known.
CREATE TEMP TABLE told ON COMMIT DROP AS
SELECT row.owner, row.owner_started_at, {rank} AS rank, call.*
FROM {rows} AS row
JOIN ({staged_calls} WHERE row.owner IS NOT NULL) AS call ON call.id = row.call_id
