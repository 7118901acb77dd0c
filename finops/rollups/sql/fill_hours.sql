INSERT INTO cost_by_hour
SELECT %(dimension)s, {value}, hour, {model}, {sums}
FROM gathered
GROUP BY 2, 3, 4
ORDER BY 2, 3, 4
