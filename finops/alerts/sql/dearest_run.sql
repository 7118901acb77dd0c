-- Of some runs, the one whose calls within a scope cost most, and what those cost. A dimension
-- that the scope does not name is null.
SELECT runs.url_id, runs.run, runs.started_at, sum(calls.cost)
FROM runs
JOIN calls
  ON calls.run = runs.run AND calls.source_id = runs.source_id
 AND calls.started_at BETWEEN runs.started_at AND runs.ended_at
JOIN finops_source AS source ON source.id = calls.source_id
WHERE runs.url_id = ANY (%(runs)s)
  AND (%(feature)s::text[] IS NULL OR coalesce(calls.feature, '') = ANY (%(feature)s))
  AND (%(team)s::text[] IS NULL OR coalesce(calls.team, '') = ANY (%(team)s))
  AND (%(customer)s::text[] IS NULL OR coalesce(calls.customer, '') = ANY (%(customer)s))
  AND (%(workflow)s::text[] IS NULL OR coalesce(calls.workflow, '') = ANY (%(workflow)s))
  AND (%(user)s::text[] IS NULL OR coalesce(calls.end_user, '') = ANY (%(user)s))
  AND (%(provider)s::text[] IS NULL OR calls.provider = ANY (%(provider)s))
  AND (%(model)s::text[] IS NULL OR calls.model = ANY (%(model)s))
  AND (%(environment)s::text[] IS NULL OR coalesce(calls.environment, '') = ANY (%(environment)s))
  AND (%(status)s::text[] IS NULL OR calls.status = ANY (%(status)s))
  AND (%(source)s::text[] IS NULL OR source.name = ANY (%(source)s))
  AND (%(step)s::text[] IS NULL OR coalesce(calls.step, '') = ANY (%(step)s))
GROUP BY runs.url_id, runs.run, runs.started_at
HAVING sum(calls.cost) > 0
ORDER BY sum(calls.cost) DESC, runs.url_id
LIMIT 1
