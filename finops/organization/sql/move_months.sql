-- Calls keep the month in which they were booked. Those that were booked in the month of their time
-- follow the clock; only times near a turn of the month can differ between two zones. A call that
-- was booked late, into a later month, stays there.
UPDATE calls
SET accounting_month = date_trunc('month', calls.started_at AT TIME ZONE %(after)s)::date
FROM generate_series(
    (SELECT date_trunc('month', min(started_at), 'UTC') FROM calls),
    (SELECT max(started_at) + interval '2 days' FROM calls),
    interval '1 month'
) AS turns (turn)
WHERE calls.started_at >= turns.turn - interval '1 day'
  AND calls.started_at < turns.turn + interval '1 day'
  AND calls.accounting_month = date_trunc('month', calls.started_at AT TIME ZONE %(before)s)::date
  AND calls.accounting_month <> date_trunc('month', calls.started_at AT TIME ZONE %(after)s)::date
