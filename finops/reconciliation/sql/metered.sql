-- What a provider's calls used and cost around a month, grouped by whatever a bill may tell apart,
-- the card that priced them and the tier of its prices. What a gateway answered from its cache is
-- told apart: it was served, and is not billable.
SELECT
    {day} AS day,
    {credential} AS credential,
    {account} AS account,
    model,
    price_id,
    coalesce(width_bucket(
        coalesce(input_tokens, 0) + coalesce(cache_read_tokens, 0)
            + coalesce(cache_write_tokens, 0) + coalesce(cache_write_1h_tokens, 0)
            + coalesce(input_audio_tokens, 0) + coalesce(input_image_tokens, 0) - 1,
        tiers.above
    ), 0) AS tier,
    cost IS NOT NULL AS priced,
    started_at >= %(since)s AND started_at < %(until)s AS in_month,
    started_at >= %(inside_since)s AND started_at < %(inside_until)s AS inside,
    status = 'cached' AS cached,
    sum(requests)::bigint AS requests,
    {tokens},
    sum(cost) AS cost,
        sum(reported_cost) FILTER (WHERE currency = %(currency)s) AS reported
FROM calls
LEFT JOIN (
    SELECT rate.price_id AS id, array_agg(DISTINCT above_input_tokens ORDER BY above_input_tokens)
    FROM finops_rate AS rate
    WHERE above_input_tokens > 0
    GROUP BY rate.price_id
) AS tiers (id, above) ON tiers.id = calls.price_id
WHERE started_at >= least(%(since)s, %(inside_since)s)
  AND started_at < greatest(%(until)s, %(inside_until)s)
  AND provider = %(provider)s
  AND source_id = ANY (%(meters)s)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
ORDER BY 2, 3, 4, 1, 5, 6, 7, 8, 9, 10
