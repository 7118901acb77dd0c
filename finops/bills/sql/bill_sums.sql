-- What each bill comes to, in parts. Tax is apart; AI and what nobody knows are before tax.
SELECT
    snapshot_id,
    sum(rows)::bigint,
    sum(unconverted_rows)::bigint,
    sum(missing_billed_rows)::bigint,
    sum(missing_effective_rows)::bigint,
    sum(billed),
    sum(effective),
    coalesce(sum(billed) FILTER (WHERE charge_category = 'Tax'), 0),
    coalesce(sum(billed) FILTER (WHERE charge_category = 'Credit'), 0),
    coalesce(sum(billed) FILTER (WHERE charge_category <> 'Tax' AND kind NOT IN ('', 'not_ai')), 0),
    coalesce(sum(billed) FILTER (WHERE charge_category <> 'Tax' AND kind = ''), 0)
FROM charges_by_month
WHERE snapshot_id = ANY (%(bills)s)
GROUP BY snapshot_id
