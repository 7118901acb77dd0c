-- The newest call of a meter before an instant, however long ago.
SELECT started_at
FROM calls
WHERE started_at < %(before)s AND source_id = ANY (%(meters)s)
ORDER BY started_at DESC
LIMIT 1
