DELETE FROM cost_by_day_full WHERE day = ANY (%(days)s)
