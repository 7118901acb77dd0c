-- The latest rate of a day's currency; the reporting currency is worth itself.
SELECT 1::numeric AS rate WHERE days.billing_currency = %(currency)s
UNION ALL
(
    SELECT rate.rate
    FROM finops_exchangerate AS rate
    WHERE days.billing_currency <> %(currency)s
      AND rate.currency = days.billing_currency AND rate.effective_from <= days.day
    ORDER BY rate.effective_from DESC
    LIMIT 1
)
