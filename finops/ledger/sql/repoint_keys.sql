-- Keys that a repeated telling brought along lead to the call that it repeats.
UPDATE call_keys AS known
SET call_id = brought.owner, started_at = brought.owner_started_at
FROM (
    SELECT row.source_key AS key, owners.*
    FROM owners JOIN {rows} AS row ON row.call_id = owners.call_id
    UNION ALL
    SELECT row.response_key, owners.*
    FROM owners JOIN {rows} AS row ON row.call_id = owners.call_id
    WHERE row.response_key IS NOT NULL
) AS brought
WHERE known.key = brought.key AND known.call_id = brought.call_id
