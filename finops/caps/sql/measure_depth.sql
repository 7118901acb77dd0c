-- Down from the calls without a parent, one level after the other. Each call has one parent at
-- most, so it is reached once at most; calls whose parents go round in a circle never are.
CREATE TEMP TABLE held_depths ON COMMIT DROP AS
WITH RECURSIVE chain AS (
    SELECT id, 1 AS depth FROM held_links WHERE parent_id IS NULL
    UNION ALL
    SELECT children.id, chain.depth + 1
    FROM chain
    CROSS JOIN LATERAL (SELECT id FROM held_links WHERE parent_id = chain.id OFFSET 0) AS children
)
SELECT id, depth FROM chain
