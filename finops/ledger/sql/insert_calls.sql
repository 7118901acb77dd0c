INSERT INTO calls
{staged_calls}
WHERE row.owner IS NULL
