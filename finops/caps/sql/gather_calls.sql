-- The calls of those runs, one run after the other, each by its key and within its reach; never
-- the calls as a whole. A row that stands for several calls has the tokens of one on average.
CREATE TEMP TABLE held_calls ON COMMIT DROP AS
SELECT runs.url_id, calls.*
FROM (SELECT DISTINCT url_id, source_id, run, reach_from, reach_to FROM held_runs) AS runs
CROSS JOIN LATERAL (
    SELECT
        id, started_at, workflow, step, call_ref, parent, requests, cost,
        ceil((
            coalesce(input_tokens, 0) + coalesce(cache_read_tokens, 0)
            + coalesce(cache_write_tokens, 0) + coalesce(cache_write_1h_tokens, 0)
            + coalesce(input_audio_tokens, 0) + coalesce(input_image_tokens, 0)
            + coalesce(output_tokens, 0) + coalesce(reasoning_tokens, 0)
            + coalesce(output_audio_tokens, 0)
        )::numeric / requests) AS tokens
    FROM calls
    WHERE calls.run = runs.run AND calls.source_id = runs.source_id
      AND calls.started_at BETWEEN runs.reach_from AND runs.reach_to
    OFFSET 0
) AS calls
