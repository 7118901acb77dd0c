-- Hours that were not stale are not in `gathered`, so a day that is only partly stale is read
-- from the calls.
INSERT INTO cost_by_day_full
SELECT
    (hour AT TIME ZONE %(zone)s)::date, source_id, feature, team, customer, workflow,
    provider, model, environment, status, {sums}
FROM gathered
WHERE (hour AT TIME ZONE %(zone)s)::date = ANY (%(whole_days)s)
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
