-- New values in, before-images out. A row that is not the version that was read has been replaced
-- meanwhile, by an import that valued it anew: it is left alone.
WITH swapped AS (
    UPDATE calls AS call
    SET {assignments}
    FROM {stage} AS stage
    WHERE call.started_at = stage.started_at AND call.id = stage.call_id
      AND call.xmin = stage.version
      AND call.started_at BETWEEN %(first)s AND %(last)s
    RETURNING
        stage.call_id, stage.started_at, stage.before, stage.old_cost, stage.metered,
        call.cost, hash_record_extended(ROW({values}), 0) AS written
), kept AS (
    INSERT INTO call_before_images (revaluation_id, call_id, started_at, before, written)
    SELECT %(revaluation_id)s, call_id, started_at, before, written FROM swapped
)
SELECT
    count(*) AS changed,
    count(*) FILTER (WHERE old_cost IS NULL AND cost IS NOT NULL) AS becoming_priced,
    count(*) FILTER (WHERE old_cost IS NOT NULL AND cost IS NULL) AS becoming_unpriced,
    coalesce(sum(old_cost) FILTER (WHERE metered), 0) AS cost_before,
    coalesce(sum(cost) FILTER (WHERE metered), 0) AS cost_after,
    coalesce(array_agg(DISTINCT date_trunc('hour', started_at, 'UTC')), '{{}}') AS hours
FROM swapped
