-- Evidence that now counts, and whatever else the deleted import told; the rest finds its call
-- where it moved to.
WITH moved AS (
    UPDATE call_evidence SET started_at = (heirs.version ->> 'started_at')::timestamptz
    FROM heirs
    WHERE heirs.version IS NOT NULL AND call_evidence.call_id = heirs.call_id
      AND call_evidence.id <> heirs.evidence_id AND call_evidence.import_id <> %(import_id)s
)
DELETE FROM call_evidence
WHERE import_id = %(import_id)s OR id IN (SELECT evidence_id FROM heirs)
