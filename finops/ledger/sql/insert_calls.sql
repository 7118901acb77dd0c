INSERT INTO calls
{staged_calls}
