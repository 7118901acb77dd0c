-- The charges of one step; the plain bounds on the period let whole partitions be left out.
SELECT {columns}
FROM charges AS charge
WHERE charge.billing_period >= %(after_period)s AND charge.billing_period <= %(upto_period)s
  AND (charge.billing_period, charge.id) > (%(after_period)s, %(after_id)s)
  AND (charge.billing_period, charge.id) <= (%(upto_period)s, %(upto_id)s)
  AND {scope}
