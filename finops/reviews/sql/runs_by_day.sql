-- How many runs of some workflows began on each day of the reporting zone: those with a price.
SELECT workflow, day, sum(runs)::bigint
FROM run_cost_sketch
WHERE workflow = ANY (%(workflows)s) AND day >= %(since)s AND day < %(until)s
GROUP BY workflow, day
