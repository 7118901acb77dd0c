-- Where the next step ends; nothing when it is the last one. Read off the primary key alone.
SELECT billing_period, id
FROM charges
WHERE billing_period >= %(after_period)s AND billing_period <= %(last_period)s
  AND (billing_period, id) > (%(after_period)s, %(after_id)s)
  AND (billing_period, id) < (%(last_period)s, %(last_id)s)
ORDER BY billing_period, id
OFFSET %(size)s - 1 LIMIT 1
