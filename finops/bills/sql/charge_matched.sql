-- How many lines of current bills match, and what they were billed.
SELECT count(*), coalesce(sum(charges.billed_cost * charges.exchange_rate), 0)
FROM charges
WHERE charges.snapshot_id = ANY (%(current)s)
  AND {conditions}
