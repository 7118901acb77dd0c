-- In key order, so that every leaf of the index is visited once and two publishers cannot deadlock.
-- Of rows that share a key the best one takes it: the largest output where the format says so,
-- else the first.
INSERT INTO call_keys (key, call_id, started_at)
SELECT key, call_id, started_at
FROM (
    SELECT source_key AS key, call_id, started_at, {rank} AS rank, line FROM {rows} AS row
    UNION ALL
    SELECT response_key, call_id, started_at, {rank}, line
    FROM {rows} AS row WHERE response_key IS NOT NULL
) AS keys
ORDER BY key, rank DESC, line
{on_conflict}
