CREATE TEMP TABLE held_workflows ON COMMIT DROP AS
SELECT * FROM unnest(%(owners)s::bigint[], %(workflows)s::text[]) AS spelled (cap_id, workflow)
