-- New values in, before-images out. A row that is not the version that was read has been replaced
-- meanwhile: it is left alone.
WITH swapped AS (
    UPDATE charges AS charge
    SET {assignments}
    FROM {stage} AS stage
    WHERE charge.billing_period = stage.billing_period AND charge.id = stage.charge_id
      AND charge.xmin = stage.version
      AND charge.billing_period BETWEEN %(first)s AND %(last)s
    RETURNING
        stage.charge_id, stage.billing_period, stage.before, stage.billed, stage.effective,
        charge.snapshot_id
), kept AS (
    INSERT INTO charge_before_images (revaluation_id, charge_id, billing_period, before)
    SELECT %(revaluation_id)s, charge_id, billing_period, before FROM swapped
)
SELECT
    count(*) AS changed,
    coalesce(sum(billed), 0) AS billed,
    coalesce(sum(effective), 0) AS effective,
    coalesce(array_agg(DISTINCT snapshot_id), '{{}}') AS snapshots
FROM swapped
