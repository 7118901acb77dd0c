-- What was before, back in place. A call that is gone, or no longer carries what the run wrote
-- (a better telling of it came), is left alone.
WITH restored AS (
    UPDATE calls AS call
    SET {assignments}
    FROM call_before_images AS image
    WHERE image.revaluation_id = %(revaluation_id)s
      AND call.started_at = image.started_at AND call.id = image.call_id
      AND call.started_at BETWEEN %(first)s AND %(last)s
      AND hash_record_extended(ROW({values}), 0) = image.written
    RETURNING call.started_at
)
SELECT
    count(*) AS restored,
    coalesce(array_agg(DISTINCT date_trunc('hour', started_at, 'UTC')), '{{}}') AS hours
FROM restored
