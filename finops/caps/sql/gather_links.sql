-- Which call is whose parent, where that is a call of the same run; nobody is their own. Of calls
-- that share a reference the first is meant, so that each call has one parent at most.
CREATE TEMP TABLE held_links ON COMMIT DROP AS
WITH deep AS (
    SELECT DISTINCT url_id FROM held_runs WHERE kind = 'depth'
), named AS (
    SELECT DISTINCT ON (url_id, call_ref) url_id, call_ref, id
    FROM held_calls JOIN deep USING (url_id)
    WHERE call_ref IS NOT NULL
    ORDER BY url_id, call_ref, started_at, id
)
SELECT child.id, named.id AS parent_id
FROM held_calls AS child
JOIN deep USING (url_id)
LEFT JOIN named
    ON named.url_id = child.url_id AND named.call_ref = child.parent AND named.id <> child.id
