SELECT least(
    (SELECT started_at FROM calls
     WHERE source_id IN (SELECT id FROM finops_source WHERE role = 'meter')
     ORDER BY started_at DESC LIMIT 1),
    (SELECT min(hour) FROM stale_hours)
)
