-- What a rollup by hour or day must hold, from the calls.
SELECT {groups}, {measures}
FROM calls
WHERE calls.source_id IN (SELECT id FROM finops_source WHERE role = 'meter')
GROUP BY {numbers}
