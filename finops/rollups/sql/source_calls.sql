-- What each source, evidence included, sent in a stretch of hours: one short range of the calls.
SELECT source_id, sum(requests)::bigint AS calls, max(started_at) AS last_call
FROM calls
WHERE started_at >= %(since)s AND started_at < %(until)s
GROUP BY source_id
