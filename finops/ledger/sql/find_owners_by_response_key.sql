UPDATE {rows} AS row
SET owner = known.call_id, owner_started_at = known.started_at
FROM call_keys AS known
WHERE row.owner IS NULL AND known.key = row.response_key AND known.call_id <> row.call_id
