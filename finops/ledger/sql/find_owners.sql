-- Staged rows that are another telling of a call which holds one of their keys: the holder of the
-- source's own id first, else the holder of the provider's response id.
CREATE TEMP TABLE owners ON COMMIT DROP AS
SELECT
    row.call_id,
    coalesce(by_source.call_id, by_response.call_id) AS owner,
    coalesce(by_source.started_at, by_response.started_at) AS owner_started_at,
    {rank} AS rank,
    row.line
FROM {rows} AS row
LEFT JOIN call_keys AS by_source
    ON by_source.key = row.source_key AND by_source.call_id <> row.call_id
LEFT JOIN call_keys AS by_response
    ON by_response.key = row.response_key AND by_response.call_id <> row.call_id
WHERE by_source.call_id IS NOT NULL OR by_response.call_id IS NOT NULL
