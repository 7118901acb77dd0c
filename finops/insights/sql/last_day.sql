SELECT max(day) FROM cost_by_day WHERE dimension = 'workflow' AND value = ANY (%(values)s)
