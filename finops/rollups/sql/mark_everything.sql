-- Days of the rollups were cut in the zone of their time. In another zone no call may fall on such
-- a day any more, so the noon of each is marked as well.
INSERT INTO stale_hours (hour)
SELECT date_trunc('hour', started_at, 'UTC') FROM calls
UNION
SELECT date_trunc('hour', hour, 'UTC') FROM cost_by_hour
UNION
SELECT date_trunc('hour', (day + time '12:00') AT TIME ZONE %(zone)s, 'UTC')
FROM (SELECT day FROM cost_by_day UNION SELECT day FROM run_cost_sketch) AS days
