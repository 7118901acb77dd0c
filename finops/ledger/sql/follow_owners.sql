-- A row may own a key and yet be another telling of an earlier call itself: follow to the end.
UPDATE {rows} AS row
SET owner = further.owner, owner_started_at = further.owner_started_at
FROM {rows} AS further
WHERE row.owner = further.call_id AND further.owner IS NOT NULL
