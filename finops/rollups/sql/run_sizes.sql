SELECT
    count(*),
    count(*) FILTER (WHERE runs.failed_calls > 0),
    percentile_disc(0.5) WITHIN GROUP (ORDER BY part.calls)::bigint,
    percentile_disc(0.95) WITHIN GROUP (ORDER BY part.calls)::bigint
FROM ({parts}) AS part
JOIN runs USING (url_id)
WHERE (%(since)s::timestamptz IS NULL OR part.started_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR part.started_at < %(until)s)
