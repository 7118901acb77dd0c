-- The first day with any call, from a day on.
SELECT min(day) FROM cost_by_day WHERE dimension = 'total' AND day >= %(since)s
