-- The newest calls of meters, with their source's name.
SELECT {columns}, source.name
FROM calls AS call
JOIN finops_source AS source ON source.id = call.source_id
WHERE source.role = 'meter'
ORDER BY call.started_at DESC, call.id DESC
LIMIT %(limit)s
