SELECT
    least(min(runs.started_at), %(first)s),
    greatest(max(runs.ended_at), %(last)s)
FROM touched JOIN runs USING (url_id)
