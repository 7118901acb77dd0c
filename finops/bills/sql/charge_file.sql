-- The next lines of current bills, in the order of their bills.
SELECT charges.snapshot_id, charges.line, charges.id, {columns}
FROM charges
WHERE charges.snapshot_id = ANY (%(current)s)
  AND (charges.snapshot_id, charges.line, charges.id)
      > (%(after_snapshot)s, %(after_line)s, %(after_id)s)
  AND {conditions}
ORDER BY charges.snapshot_id, charges.line, charges.id
LIMIT %(limit)s
