-- The calls that count by an import: those that would go with it, and those that another vouches for.
WITH counted AS (
    SELECT
        calls.cost,
        EXISTS (
            SELECT FROM call_evidence
            WHERE call_evidence.call_id = calls.id AND call_evidence.import_id <> %(import_id)s
        ) AS is_vouched_for
    FROM calls
    WHERE calls.import_id = %(import_id)s
)
SELECT
    count(*) FILTER (WHERE NOT is_vouched_for) AS removed,
    coalesce(sum(cost) FILTER (WHERE NOT is_vouched_for), 0) AS cost,
    count(*) FILTER (WHERE is_vouched_for) AS kept
FROM counted
