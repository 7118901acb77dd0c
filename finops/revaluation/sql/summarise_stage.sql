-- What changes, in one pass. The outcome is a fingerprint that does not depend on order: equal
-- only for the same calls with the same new values. Money is that of meters alone.
SELECT
    count(*) AS changed,
    count(*) FILTER (WHERE old_cost IS NULL AND cost IS NOT NULL) AS becoming_priced,
    count(*) FILTER (WHERE old_cost IS NOT NULL AND cost IS NULL) AS becoming_unpriced,
    count(*) FILTER (WHERE old_cost IS NULL AND cost IS NULL) AS staying_unpriced,
    count(*) FILTER (WHERE before ?| %(attribution)s) AS attributed_anew,
    coalesce(sum(old_cost) FILTER (WHERE metered), 0) AS cost_before,
    coalesce(sum(cost) FILTER (WHERE metered), 0) AS cost_after,
    coalesce(sum(cost) FILTER (WHERE metered AND old_cost IS NULL), 0) AS cost_of_newly_priced,
    coalesce(sum(hash_record_extended(ROW(call_id, {values}), 0)::numeric), 0)::text AS outcome
FROM {stage} AS stage
