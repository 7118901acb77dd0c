-- Calls of meters by what rules of one dimension look at. Own values are kept apart from values
-- that a rule gave: those are decided anew. Eras are the times between the dates of rules.
SELECT
    source.name,
    call.provider,
    call.provider_given,
    call.model,
    call.model_given,
    CASE WHEN call.attributed_by ? 'environment' THEN NULL ELSE call.environment END,
    {column} AS held,
    {column} IS NOT NULL AND NOT coalesce(call.attributed_by ? {dimension}, false) AS is_own,
    CASE WHEN cardinality(%(eras)s::timestamptz[]) = 0 THEN 0
        ELSE width_bucket(call.started_at, %(eras)s::timestamptz[]) END AS era,
    {tags} AS tags,
    call.accounting_month = ANY (%(closed)s::date[]) AS is_closed,
    count(*),
    count(*) - count(call.cost),
    sum(call.cost)
FROM calls AS call
JOIN finops_source AS source ON source.id = call.source_id
WHERE call.started_at >= %(since)s AND call.started_at < %(until)s AND source.role = 'meter'
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
LIMIT %(limit)s
