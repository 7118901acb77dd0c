-- What charges that nobody owns have in common: tags, resources and principals, dearest first.
WITH unowned AS (
    SELECT
        charges.tags,
        charges.resource_id,
        charges.principal_id,
        {amount} * charges.exchange_rate AS cost
    FROM charges
    WHERE charges.charge_period_start >= (%(since)s::date::timestamp AT TIME ZONE 'UTC')
      AND charges.charge_period_start < (%(until)s::date::timestamp AT TIME ZONE 'UTC')
      AND charges.snapshot_id IN (SELECT id FROM finops_billsnapshot WHERE status = 'current')
      AND {filters}
), found AS (
    SELECT 'tag' AS sign, tag.key, tag.value, cost
    FROM unowned
    CROSS JOIN LATERAL jsonb_each_text(tags) AS tag
    UNION ALL
    SELECT 'resource', '', resource_id, cost FROM unowned
    UNION ALL
    SELECT 'principal', '', principal_id, cost FROM unowned
)
SELECT sign, key, value, count(*), sum(cost)
FROM found
WHERE value <> ''
GROUP BY sign, key, value
ORDER BY abs(sum(cost)) DESC NULLS LAST, 4 DESC, sign, key, value
LIMIT %(limit)s
