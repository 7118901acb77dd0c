-- The staged rows as calls: contexts joined, the counted cost chosen, the month assigned
-- to which each is posted.
SELECT
    row.call_id AS id,
    row.started_at,
    %(source_id)s::bigint AS source_id,
    %(import_id)s::bigint AS import_id,
    row.line,
    row.requests,
    row.input_tokens,
    row.cache_read_tokens,
    row.cache_write_tokens,
    row.cache_write_1h_tokens,
    row.input_audio_tokens,
    row.input_image_tokens,
    row.output_tokens,
    row.reasoning_tokens,
    row.output_audio_tokens,
    row.latency_ms,
    row.attempt,
    {accounting_month} AS accounting_month,
    row.price_id,
    row.computed_cost,
    row.reported_cost,
    CASE WHEN row.reported_cost IS NOT NULL THEN context.currency END AS currency,
    counted.cost,
    CASE
        WHEN counted.cost IS NULL THEN NULL
        WHEN counted.as_reported THEN 'reported'
        ELSE 'computed'
    END AS cost_source,
    CASE WHEN counted.cost IS NULL THEN row.unpriced_reason END AS unpriced_reason,
    context.provider,
    context.provider_given,
    context.model,
    context.model_given,
    context.region,
    context.processing,
    row.status,
    context.environment,
    context.feature,
    context.team,
    row.customer,
    row.end_user,
    context.workflow,
    row.run,
    row.step,
    row.parent,
    row.call_ref,
    row.response_id,
    row.error,
    row.tags,
    context.attributed_by
FROM {rows} AS row
JOIN {contexts} AS context ON context.context = row.context
CROSS JOIN LATERAL (
    SELECT
        CASE WHEN worth IS NULL THEN row.computed_cost ELSE row.reported_cost * worth END,
        worth IS NOT NULL
    FROM (
        -- Another currency than the reporting one counts by its rate of the day (in UTC), or not.
        SELECT CASE
            WHEN %(counts)s <> 'reported' OR row.reported_cost IS NULL THEN NULL
            WHEN context.currency = %(currency)s THEN 1
            ELSE (
                SELECT rate.rate
                FROM finops_exchangerate AS rate
                WHERE rate.currency = context.currency
                  AND rate.effective_from <= (row.started_at AT TIME ZONE 'UTC')::date
                ORDER BY rate.effective_from DESC
                LIMIT 1
            )
        END
    ) AS reported (worth)
) AS counted (cost, as_reported)
