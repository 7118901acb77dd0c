-- Calls of the deleted import that also arrived by another route: the best of those takes over,
-- which is the one that would count now had the deleted import never come.
CREATE TEMP TABLE heirs ON COMMIT DROP AS
SELECT DISTINCT ON (evidence.call_id)
    evidence.id AS evidence_id, evidence.call_id, counted.started_at AS old_started_at,
    evidence.import_id, evidence.version, to_jsonb(counted) AS old_version
FROM doomed
JOIN call_evidence AS evidence ON evidence.call_id = doomed.id
JOIN calls AS counted ON counted.started_at = doomed.started_at AND counted.id = doomed.id
CROSS JOIN LATERAL jsonb_populate_record(counted, evidence.version) AS told
WHERE evidence.import_id <> %(import_id)s
ORDER BY
    evidence.call_id,
    evidence.precedence DESC,
    CASE
        WHEN %(keep)s = 'largest_output' AND told.source_id = counted.source_id
        THEN coalesce(told.output_tokens, 0) + coalesce(told.reasoning_tokens, 0)
            + coalesce(told.output_audio_tokens, 0)
        ELSE 0
    END DESC,
    evidence.import_id
