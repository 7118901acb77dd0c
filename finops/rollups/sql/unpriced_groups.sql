-- Calls of meters without a price since an instant. Only hours whose total has such calls are read.
WITH hours AS MATERIALIZED (
    SELECT hour FROM cost_by_hour
    WHERE dimension = 'total' AND unpriced_calls > 0 AND hour >= %(since)s
)
SELECT
    calls.provider,
    calls.model,
    calls.unpriced_reason,
    min(calls.started_at) AS first_seen,
    max(calls.started_at) AS last_seen,
    {measures}
FROM hours
JOIN calls
    ON calls.started_at >= hours.hour AND calls.started_at < hours.hour + interval '1 hour'
WHERE calls.cost IS NULL AND calls.source_id = ANY (%(meters)s)
GROUP BY calls.provider, calls.model, calls.unpriced_reason
ORDER BY calls DESC, calls.provider, calls.model, calls.unpriced_reason
LIMIT %(limit)s
