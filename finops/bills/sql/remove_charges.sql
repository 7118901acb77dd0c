DELETE FROM charges
WHERE snapshot_id = ANY (%(snapshots)s) AND billing_period = ANY (%(periods)s)
