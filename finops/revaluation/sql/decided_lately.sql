-- How many of the newest calls each rule decided; a rule that gave two dimensions counts once.
SELECT rule::bigint, count(*)
FROM (
    SELECT call.started_at, call.id, call.attributed_by
    FROM calls AS call
    JOIN finops_source AS source ON source.id = call.source_id
    WHERE source.role = 'meter'
    ORDER BY call.started_at DESC, call.id DESC
    LIMIT %(limit)s
) AS latest
CROSS JOIN LATERAL (
    SELECT DISTINCT value AS rule FROM jsonb_each_text(latest.attributed_by)
) AS decided
GROUP BY 1
