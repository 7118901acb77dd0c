-- A row may hold a key and yet be another telling of an earlier call itself: follow to the end.
UPDATE owners
SET owner = further.owner, owner_started_at = further.owner_started_at
FROM owners AS further
WHERE owners.owner = further.call_id
