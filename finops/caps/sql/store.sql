-- Note who is beyond a cap; gives how many were not known to be. A run that broke a cap before
-- somebody set it, or that is only read differently now, is news to nobody: no alert is raised.
WITH broken AS (
    SELECT * FROM held_values WHERE value > "limit"
), stored AS (
    INSERT INTO finops_capviolation AS told (
        cap_id, run_url_id, run, started_at, value, "limit", beyond, step, call, found_at,
        alerted_at
    )
    SELECT
        cap_id, url_id, run, started_at, value, "limit", beyond, coalesce(step, ''), call::text,
        %(now)s, CASE WHEN NOT refreshed OR broken_at < set_at THEN %(now)s END
    FROM broken
    ON CONFLICT (cap_id, run_url_id) DO UPDATE SET
        started_at = excluded.started_at,
        value = excluded.value,
        beyond = excluded.beyond,
        step = excluded.step,
        call = excluded.call,
        cleared_at = NULL
    WHERE told.cleared_at IS NOT NULL
       OR (told.started_at, told.value, told.beyond, told.step, told.call) IS DISTINCT FROM
          (excluded.started_at, excluded.value, excluded.beyond, excluded.step, excluded.call)
)
SELECT count(*)
FROM broken
WHERE NOT EXISTS (
    SELECT FROM finops_capviolation AS known
    WHERE known.cap_id = broken.cap_id AND known.run_url_id = broken.url_id
      AND known.cleared_at IS NULL
)
