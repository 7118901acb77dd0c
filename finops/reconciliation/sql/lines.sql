-- Lines of a comparison, days added up unless they are asked for; most dollars apart first. Behind
-- each what all of them sum to, and how many there are.
WITH grouped AS (
    SELECT
        {day} AS day,
        account,
        credential,
        model,
        token_kind,
        max(finding) AS finding,
        sum(metered_quantity) AS metered_quantity,
        sum(billed_quantity) AS billed_quantity,
        sum(book_price * coalesce(billed_quantity, metered_quantity))
            / nullif(sum(coalesce(billed_quantity, metered_quantity))
                FILTER (WHERE book_price IS NOT NULL), 0) AS book_price,
        sum(billed_price * billed_quantity)
            / nullif(sum(billed_quantity) FILTER (WHERE billed_price IS NOT NULL), 0)
            AS billed_price,
        sum(metered) AS metered,
        sum(billed) AS billed,
        sum(cut_off) AS cut_off,
        sum(missing_logs) AS missing_logs,
        sum(unlogged_keys) AS unlogged_keys,
        sum(price) AS price,
        sum(discount) AS discount,
        sum(credits) AS credits,
        sum(unexplained) AS unexplained
    FROM finops_reconciliationline
    WHERE reconciliation_id = %(reconciliation)s AND {conditions}
    GROUP BY 1, 2, 3, 4, 5
)

SELECT *, sum(metered) OVER (), sum(billed) OVER (), count(*) OVER ()
FROM grouped
ORDER BY abs(billed - metered) DESC, model, token_kind, credential, account, day
LIMIT %(limit)s OFFSET %(offset)s
