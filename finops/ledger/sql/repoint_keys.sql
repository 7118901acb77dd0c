-- Keys that a repeated telling brought along lead to the call that it repeats.
UPDATE call_keys AS known
SET call_id = row.owner, started_at = row.owner_started_at
FROM {rows} AS row
WHERE row.owner IS NOT NULL AND known.call_id = row.call_id
  AND known.key IN (row.source_key, row.response_key)
