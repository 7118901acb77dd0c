UPDATE call_evidence SET started_at = told.started_at
FROM better JOIN told ON told.id = better.id
WHERE call_evidence.call_id = better.owner AND call_evidence.started_at <> told.started_at
