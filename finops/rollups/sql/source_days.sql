-- What each meter sent on each day of a short period.
SELECT source_id, day, sum(calls)::bigint AS calls, sum(unpriced_calls)::bigint AS unpriced_calls
FROM cost_by_day_full
WHERE day >= %(since)s AND day < %(until)s
GROUP BY source_id, day
