-- Calls of the deleted import that also arrived by another route: the best of those takes over.
CREATE TEMP TABLE heirs ON COMMIT DROP AS
SELECT DISTINCT ON (evidence.call_id)
    evidence.id AS evidence_id, evidence.call_id, counted.started_at AS old_started_at,
    evidence.import_id, evidence.version
FROM call_evidence AS evidence
JOIN calls AS counted ON counted.started_at = evidence.started_at AND counted.id = evidence.call_id
WHERE counted.import_id = %(import_id)s
  AND counted.started_at BETWEEN %(since)s AND %(until)s
  AND evidence.import_id <> %(import_id)s
ORDER BY evidence.call_id, evidence.precedence DESC, evidence.id
