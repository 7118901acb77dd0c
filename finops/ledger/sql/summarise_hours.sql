-- One pass for the record's figures and for the hours whose rollups are now stale.
SELECT
    date_trunc('hour', started_at, 'UTC'),
    count(*),
    count(*) FILTER (WHERE cost IS NULL),
    coalesce(sum(cost), 0),
    min(started_at),
    max(started_at)
FROM calls
WHERE import_id = %(import_id)s AND started_at >= %(since)s AND started_at <= %(until)s
GROUP BY 1
