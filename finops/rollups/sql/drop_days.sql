DELETE FROM cost_by_day WHERE day = ANY (%(days)s)
