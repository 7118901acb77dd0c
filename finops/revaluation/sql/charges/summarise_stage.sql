-- What changes, in one pass. The outcome is a fingerprint that does not depend on order: equal
-- only for the same charges with the same new values.
SELECT
    count(*) AS changed,
    count(*) FILTER (WHERE before ?| %(classified)s) AS classified_anew,
    count(*) FILTER (WHERE before ?| %(attributed)s) AS attributed_anew,
    count(*) FILTER (WHERE NOT is_converted) AS unconverted,
    coalesce(sum(billed), 0) AS billed,
    coalesce(sum(effective), 0) AS effective,
    coalesce(sum(hash_record_extended(ROW(charge_id, {values}), 0)::numeric), 0)::text AS outcome
FROM {stage} AS stage
