-- What calls that nobody owns carry as tags, dearest first.
SELECT 'tag', tag.key, tag.value, sum(calls.requests)::bigint, sum(calls.cost)
FROM calls
CROSS JOIN LATERAL jsonb_each_text(calls.tags) AS tag
WHERE calls.started_at >= %(since_instant)s AND calls.started_at < %(until_instant)s
  AND calls.source_id IN (SELECT id FROM finops_source WHERE role = 'meter')
  AND tag.value <> '' AND {filters}
GROUP BY tag.key, tag.value
ORDER BY abs(sum(calls.cost)) DESC NULLS LAST, 4 DESC, tag.key, tag.value
LIMIT %(limit)s
