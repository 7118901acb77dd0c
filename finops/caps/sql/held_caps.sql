-- The caps in force and the stored workflows that each holds for. Runs that began before `since`
-- are none of its business; those from `again_from` on are held against it once more.
CREATE TEMP TABLE held_caps ON COMMIT DROP AS
SELECT *
FROM unnest(
    %(caps)s::bigint[], %(kinds)s::text[], %(limits)s::numeric[], %(set_at)s::timestamptz[],
    %(since)s::timestamptz[], %(again_from)s::timestamptz[]
) AS caps (cap_id, kind, "limit", set_at, since, again_from)
