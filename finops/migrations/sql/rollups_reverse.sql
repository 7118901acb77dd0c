DROP TABLE run_cost_sketch, run_workflows, runs, cost_by_day_full, cost_by_day, cost_by_hour;
