-- The months that have anything in them: days on which calls were made, by the organisation's clock,
-- and months to which charges are posted.
SELECT DISTINCT date_trunc('month', day)::date AS month FROM cost_by_day WHERE dimension = 'total'
UNION
SELECT DISTINCT accounting_month FROM charges_by_day
ORDER BY month
