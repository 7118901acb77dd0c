SELECT
    calls.id, calls.started_at, source.name, source.counts = 'reported', calls.import_id,
    calls.line, calls.requests, calls.attempt, calls.latency_ms, calls.price_id,
    calls.computed_cost, calls.reported_cost, calls.currency, calls.cost, calls.cost_source,
    calls.unpriced_reason, calls.provider, calls.provider_given, calls.model, calls.model_given,
    calls.region, calls.processing, calls.status, calls.run, calls.parent, calls.call_ref,
    calls.response_id, calls.error, calls.tags::text,
    calls.attributed_by::text, {counts}, {dimensions}
FROM calls
JOIN finops_source AS source ON source.id = calls.source_id
WHERE calls.started_at = %(started_at)s AND calls.id = %(id)s
