-- Write standings, one object each, over what was known of the same periods.
INSERT INTO finops_budgetstanding ({columns})
SELECT {columns} FROM jsonb_populate_recordset(NULL::finops_budgetstanding, %(standings)s::jsonb)
ON CONFLICT (budget_id, period_start) DO UPDATE SET {changes}
