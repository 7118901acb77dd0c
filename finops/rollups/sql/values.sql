-- Values as they are read, dearest first, and whatever people described without a call yet.
-- {spend} holds value, day and sums. A merged value counts for its target.
WITH stored AS (
    SELECT
        value,
        min(day) AS first_seen,
        max(day) AS last_seen,
        coalesce(sum(calls) FILTER (WHERE {in_period}), 0)::bigint AS calls,
        coalesce(sum(unpriced_calls) FILTER (WHERE {in_period}), 0)::bigint AS unpriced_calls,
        coalesce(sum(cost) FILTER (WHERE {in_period}), 0) AS cost
    FROM ({spend}) AS spend
    GROUP BY value
),

spent AS (
    SELECT
        coalesce(target.value, stored.value) AS value,
        min(stored.first_seen) AS first_seen,
        max(stored.last_seen) AS last_seen,
        sum(stored.calls)::bigint AS calls,
        sum(stored.unpriced_calls)::bigint AS unpriced_calls,
        sum(stored.cost) AS cost
    FROM stored
    LEFT JOIN finops_dimensionvalue AS merged
        ON merged.dimension = %(dimension)s AND merged.value = stored.value
    LEFT JOIN finops_dimensionvalue AS target ON target.id = merged.merged_into_id
    WHERE stored.value <> ''
    GROUP BY 1
),

described AS (
    SELECT
        each.*,
        coalesce(business.name, '') AS business_name,
        coalesce(technical.name, '') AS technical_name,
        ARRAY(
            SELECT merged.value FROM finops_dimensionvalue AS merged
            WHERE merged.merged_into_id = each.id ORDER BY merged.value
        ) AS merged_values
    FROM finops_dimensionvalue AS each
    LEFT JOIN finops_person AS business ON business.id = each.business_owner_id
    LEFT JOIN finops_person AS technical ON technical.id = each.technical_owner_id
    WHERE each.dimension = %(dimension)s AND each.merged_into_id IS NULL
),

listed AS (
    SELECT
        coalesce(spent.value, described.value) AS value,
        coalesce(described.display_name, '') AS display_name,
        coalesce(spent.calls, 0) AS calls,
        coalesce(spent.unpriced_calls, 0) AS unpriced_calls,
        coalesce(spent.cost, 0) AS cost,
        spent.first_seen,
        spent.last_seen,
        coalesce(described.business_name, '') AS business_owner,
        coalesce(described.technical_name, '') AS technical_owner,
        coalesce(described.archived_at IS NOT NULL, false) AS archived,
        coalesce(described.merged_values, ARRAY[]::text[]) AS merged_values
    FROM spent
    FULL JOIN described ON described.value = spent.value
)

SELECT *, count(*) OVER ()
FROM listed
WHERE (%(archived)s OR NOT archived)
  AND strpos(lower(concat_ws(chr(10), value, display_name, array_to_string(merged_values, chr(10)))),
             lower(%(search)s)) > 0
ORDER BY cost DESC, calls DESC, value
LIMIT %(limit)s OFFSET %(offset)s
