-- Calls of a company over 90 days, made inside the database. They come in blocks of eight: one run
-- of one of 15 workflows, or eight direct calls of one of 25 further features. Each of the 40
-- features belongs to one of 12 teams; few of the 200 customers and 2,000 users make most calls
-- (their number is log-uniform, nearly Zipf); each feature has a favourite among 12 models of 5
-- providers. Days have a rhythm. `setseed` beforehand makes it the same set every time.
INSERT INTO calls (
    id, started_at, source_id, import_id, line, requests, input_tokens, cache_read_tokens,
    output_tokens, reasoning_tokens, latency_ms, attempt, accounting_month, computed_cost,
    reported_cost, currency, cost, cost_source, unpriced_reason, provider, model, processing,
    status, environment, feature, team, customer, end_user, workflow, run, step, call_ref
)
SELECT
    number,
    started_at,
    %(source_id)s,
    0,
    number,
    1,
    input_tokens,
    CASE WHEN dice_cache < 0.3 THEN (input_tokens * 0.6)::bigint END,
    output_tokens,
    CASE WHEN model %% 3 = 0 THEN (300 * dice_cache)::bigint END,
    300 + output_tokens * 12.5,
    CASE WHEN dice_status > 0.965 AND dice_cache < 0.5 THEN 2 ELSE 1 END,
    date_trunc('month', started_at AT TIME ZONE 'UTC')::date,
    cost,
    CASE WHEN dice_cache > 0.9 THEN cost * 1.01 END,
    CASE WHEN dice_cache > 0.9 AND cost IS NOT NULL THEN 'USD' END,
    cost,
    CASE WHEN cost IS NOT NULL THEN 'computed' END,
    CASE WHEN cost IS NULL THEN 'unknown_model' END,
    'provider-' || model %% 5,
    'model-' || model,
    CASE WHEN is_batch THEN 'batch' ELSE 'standard' END,
    status,
    environment,
    'feature-' || lane,
    'team-' || lane %% 12,
    'customer-' || customer,
    'user-' || end_user,
    CASE WHEN lane < 15 THEN 'workflow-' || lane END,
    CASE WHEN lane < 15 THEN 'run-' || block END,
    CASE WHEN lane < 15 THEN 'step-' || place %% 6 END,
    'call-' || number
FROM (
    SELECT
        *,
        CASE
            WHEN model = 11 AND dice_status > 0.5 THEN NULL
            WHEN status = 'cached' THEN 0
            ELSE (
                input_tokens * (
                    ARRAY[0.1, 0.15, 0.25, 0.3, 0.4, 0.8, 1.1, 1.25, 2.5, 3, 5, 15]::numeric[]
                )[model + 1]
                + output_tokens * (
                    ARRAY[0.4, 0.6, 1.25, 2.5, 1.6, 4, 4.4, 10, 10, 15, 25, 75]::numeric[]
                )[model + 1]
            ) * 0.000001 * CASE WHEN is_batch THEN 0.5 ELSE 1 END
        END AS cost
    FROM (
        SELECT
            *,
            block * 8 + place + 1 AS number,
            begins + (place * pace + dice_status * 3) * interval '1 second' AS started_at,
            (200 + 6000 * dice_input ^ 2)::bigint AS input_tokens,
            (10 + 800 * dice_output ^ 2)::bigint AS output_tokens,
            CASE
                WHEN dice_status < 0.965 THEN 'ok'
                WHEN dice_status < 0.985 THEN 'error'
                WHEN dice_status < 0.993 THEN 'timeout'
                WHEN dice_status < 0.997 THEN 'cancelled'
                ELSE 'cached'
            END AS status
        FROM (
            SELECT
                *,
                random() AS dice_status,
                random() AS dice_input,
                random() AS dice_output,
                random() AS dice_cache
            FROM (
                SELECT
                    *,
                    %(since)s::timestamptz + interval '90 days'
                        * (x + 0.8 * sin(2 * pi() * 90 * x) / (2 * pi() * 90)) AS begins,
                    (lane + CASE WHEN dice_model < 0.75 THEN 0 ELSE (dice_model * 40)::integer END)
                        %% 12 AS model
                FROM (
                    SELECT
                        block,
                        (block + random()) / (%(calls)s / 8) AS x,
                        floor(40 * random() ^ 1.7)::integer AS lane,
                        floor(200 ^ random())::integer AS customer,
                        floor(2000 ^ random())::integer AS end_user,
                        random() AS dice_model,
                        5 + 40 * random() AS pace,
                        random() < 0.03 AS is_batch,
                        CASE WHEN random() < 0.9 THEN 'production' ELSE 'staging' END AS environment
                    FROM generate_series(0::bigint, %(calls)s / 8 - 1) AS block
                ) AS drawn
            ) AS blocks
            CROSS JOIN generate_series(0, 7) AS place
        ) AS diced
    ) AS calls_of_blocks
) AS valued
