SELECT min(day) FROM cost_by_day WHERE dimension = 'total'
