-- Where the next step ends; nothing when it is the last one. Read off the primary key alone.
SELECT started_at, id
FROM calls
WHERE started_at >= %(after_time)s AND started_at <= %(last)s
  AND (started_at, id) > (%(after_time)s, %(after_id)s)
ORDER BY started_at, id
OFFSET %(size)s - 1 LIMIT 1
