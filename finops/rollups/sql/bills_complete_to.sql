-- The end of the last day that a current bill charges for.
SELECT (max(last_day) + 1)::timestamp AT TIME ZONE 'UTC'
FROM finops_billsnapshot
WHERE status = 'current'
