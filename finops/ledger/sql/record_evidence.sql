-- Every other route by which a known call arrived; its telling is kept where it differs.
INSERT INTO call_evidence (call_id, started_at, import_id, precedence, version)
SELECT
    told.owner, counted.started_at, %(import_id)s, %(precedence)s,
    CASE WHEN (
        told.started_at, told.source_id, told.requests, told.input_tokens, told.cache_read_tokens,
        told.cache_write_tokens, told.cache_write_1h_tokens, told.input_audio_tokens,
        told.input_image_tokens, told.output_tokens, told.reasoning_tokens,
        told.output_audio_tokens, told.latency_ms, told.attempt, told.reported_cost, told.currency,
        coalesce(told.provider_given, told.provider), coalesce(told.model_given, told.model),
        told.region, told.processing, told.status, told.environment, told.feature, told.team,
        told.customer, told.end_user, told.workflow, told.run, told.step, told.parent,
        told.call_ref, told.response_id, told.error, told.tags
    ) IS DISTINCT FROM (
        counted.started_at, counted.source_id, counted.requests, counted.input_tokens,
        counted.cache_read_tokens, counted.cache_write_tokens, counted.cache_write_1h_tokens,
        counted.input_audio_tokens, counted.input_image_tokens, counted.output_tokens,
        counted.reasoning_tokens, counted.output_audio_tokens, counted.latency_ms, counted.attempt,
        counted.reported_cost, counted.currency,
        coalesce(counted.provider_given, counted.provider),
        coalesce(counted.model_given, counted.model),
        counted.region, counted.processing, counted.status, counted.environment, counted.feature,
        counted.team, counted.customer, counted.end_user, counted.workflow, counted.run,
        counted.step, counted.parent, counted.call_ref, counted.response_id, counted.error,
        counted.tags
    )
    THEN to_jsonb(told) - '{{owner,owner_started_at,rank,place}}'::text[] END
FROM ({told}) AS told
JOIN calls AS counted ON counted.started_at = told.owner_started_at AND counted.id = told.owner
WHERE told.place = 1 AND counted.import_id <> %(import_id)s
ON CONFLICT (call_id, import_id) DO NOTHING
