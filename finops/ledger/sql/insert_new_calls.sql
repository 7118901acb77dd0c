INSERT INTO calls
{staged_calls}
WHERE NOT EXISTS (SELECT FROM owners WHERE owners.call_id = row.call_id)
