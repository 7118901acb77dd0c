UPDATE {rows} AS row
SET owner = known.call_id, owner_started_at = known.started_at
FROM call_keys AS known
WHERE known.key = row.source_key AND known.call_id <> row.call_id
