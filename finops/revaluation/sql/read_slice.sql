-- The calls of one step; the plain bounds on time let whole partitions be left out.
SELECT {columns}
FROM calls AS call
WHERE call.started_at >= %(after_time)s AND call.started_at <= %(upto_time)s
  AND (call.started_at, call.id) > (%(after_time)s, %(after_id)s)
  AND (call.started_at, call.id) <= (%(upto_time)s, %(upto_id)s)
  AND {scope}
