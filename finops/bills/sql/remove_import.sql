DELETE FROM charges
WHERE import_id = %(import_id)s
  AND snapshot_id = ANY (%(snapshots)s) AND billing_period = ANY (%(periods)s)
