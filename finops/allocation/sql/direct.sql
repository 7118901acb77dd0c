-- What bills charge to whom in months, and how much of it is model usage of which provider.
SELECT
    accounting_month,
    coalesce({value}, '') AS target,
    provider,
    kind = 'llm_usage' AS is_usage,
    sum({cost}) AS amount,
    sum(rows)::bigint AS rows,
    sum(unconverted_rows)::bigint AS unconverted,
    sum({missing})::bigint AS missing
FROM charges_by_day
WHERE accounting_month = ANY(%(months)s)
GROUP BY accounting_month, target, provider, is_usage
ORDER BY accounting_month, target, provider, is_usage
