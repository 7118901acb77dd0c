-- Tellings of known calls, as calls, beside the call that they tell of. Calls of this very import
-- are settled already: of rows that share a key, the best one was published.
SELECT owners.owner, owners.owner_started_at, owners.rank, owners.place, call.*
FROM (
    SELECT *, row_number() OVER (PARTITION BY owner ORDER BY rank DESC, line) AS place FROM owners
) AS owners
JOIN ({staged_calls}) AS call ON call.id = owners.call_id
