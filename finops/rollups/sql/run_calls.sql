SELECT
    coalesce(call_ref, id::text),
    id,
    started_at,
    step,
    parent,
    attempt,
    workflow,
    provider,
    model,
    cost,
    coalesce(sum(cost) OVER (ORDER BY started_at, id), 0),
    status,
    error,
    latency_ms,
    (coalesce(input_tokens, 0) + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)
        + coalesce(cache_write_1h_tokens, 0) + coalesce(input_audio_tokens, 0)
        + coalesce(input_image_tokens, 0)),
    (coalesce(output_tokens, 0) + coalesce(reasoning_tokens, 0)
        + coalesce(output_audio_tokens, 0)),
    unpriced_reason
FROM calls
WHERE run = %(run)s AND source_id = %(source_id)s
  AND started_at BETWEEN %(started_at)s AND %(ended_at)s
ORDER BY started_at, id
LIMIT %(most)s
