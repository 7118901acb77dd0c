-- What a run leaves alone because finance has closed its month.
SELECT charge.accounting_month, count(*)
FROM charges AS charge
WHERE {condition}
GROUP BY 1
ORDER BY 1
