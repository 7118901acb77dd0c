-- Charges of current bills by what rules of one dimension look at, in the reporting currency.
SELECT
    source.name,
    charge.provider,
    charge.model,
    charge.tags,
    {column} AS held,
    CASE WHEN cardinality(%(eras)s::timestamptz[]) = 0 THEN 0
        ELSE width_bucket(charge.charge_period_start, %(eras)s::timestamptz[]) END AS era,
    charge.accounting_month = ANY (%(closed)s::date[]) AS is_closed,
    {told},
    count(*),
    count(*) FILTER (WHERE charge.exchange_rate IS NULL),
    sum(charge.billed_cost * charge.exchange_rate),
    sum(charge.effective_cost * charge.exchange_rate)
FROM charges AS charge
JOIN finops_source AS source ON source.id = charge.source_id
JOIN finops_billsnapshot AS snapshot
    ON snapshot.id = charge.snapshot_id AND snapshot.status = %(current)s
WHERE charge.charge_period_start >= %(since)s AND charge.charge_period_start < %(until)s
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17
LIMIT %(limit)s
