-- What was before, back in place. A charge that is gone with its snapshot is left alone.
WITH restored AS (
    UPDATE charges AS charge
    SET {assignments}
    FROM charge_before_images AS image
    WHERE image.revaluation_id = %(revaluation_id)s
      AND charge.billing_period = image.billing_period AND charge.id = image.charge_id
      AND charge.billing_period BETWEEN %(first)s AND %(last)s
    RETURNING charge.snapshot_id
)
SELECT
    count(*) AS restored,
    coalesce(array_agg(DISTINCT snapshot_id), '{{}}') AS snapshots
FROM restored
