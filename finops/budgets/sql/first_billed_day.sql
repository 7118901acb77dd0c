-- The first day with any charge, from a day on.
SELECT min(day) FROM charges_by_day WHERE day >= %(since)s
