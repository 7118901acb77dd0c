SELECT coalesce(sum(calls), 0), coalesce(sum(unpriced_calls), 0)
FROM cost_by_day_full
WHERE source_id IN (SELECT id FROM finops_source WHERE NOT is_sample)
