-- What the delivery itself says, whatever becomes of it.
SELECT
    coalesce(sum(CASE WHEN rate IS NULL THEN rows ELSE rows - billed_rows END), 0)::bigint,
    coalesce(sum(billed * rate), 0),
    min(since),
    max(until)
FROM staged_days
