-- What the steps of runs cost; which calls repeat is defined in finops/domain/chain.py.
-- Takes: the calls, and by what they are told apart besides their step.
WITH chained AS (
    SELECT
        {owner} AS owner,
        step,
        requests,
        cost,
        status IN ('error', 'timeout', 'cancelled') AS failed,
        step IS NOT NULL AND run IS NOT NULL AND (
            row_number() OVER chain > %(loop_after)s
            OR attempt > 1 AND count(*) FILTER (
                WHERE status NOT IN ('error', 'timeout', 'cancelled')
            ) OVER (chain ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) > 0
        ) AS repeated
    FROM ({calls}) AS calls
    WINDOW chain AS (PARTITION BY source_id, run, step ORDER BY started_at, id)
)
SELECT
    owner,
    coalesce(step, ''),
    sum(requests)::bigint,
    coalesce(sum(cost), 0),
    coalesce(sum(requests) FILTER (WHERE cost IS NULL), 0)::bigint,
    coalesce(sum(requests) FILTER (WHERE failed), 0)::bigint,
    coalesce(sum(cost) FILTER (WHERE failed), 0),
    coalesce(sum(requests) FILTER (WHERE repeated AND NOT failed), 0)::bigint,
    coalesce(sum(cost) FILTER (WHERE repeated AND NOT failed), 0)
FROM chained
GROUP BY 1, 2
ORDER BY 4 DESC, 2
