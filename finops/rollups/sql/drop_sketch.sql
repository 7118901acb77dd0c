DELETE FROM run_cost_sketch WHERE day = ANY (%(run_days)s)
