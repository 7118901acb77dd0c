UPDATE call_evidence SET started_at = better.started_at
FROM better
WHERE call_evidence.call_id = better.owner AND call_evidence.started_at <> better.started_at
