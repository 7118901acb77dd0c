-- What a run leaves alone because finance has closed its month.
SELECT call.accounting_month, count(*)
FROM calls AS call
WHERE {condition}
GROUP BY 1
ORDER BY 1
