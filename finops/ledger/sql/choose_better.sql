-- A telling replaces the counted one when a meter speaks after mere evidence, or when one source
-- sends an id again and its format lets the largest output win. What a closed month counts stays as it
-- is; the better telling is kept as evidence.
CREATE TEMP TABLE better ON COMMIT DROP AS
SELECT
    told.*, counted.started_at AS old_started_at, counted.import_id AS old_import_id,
    CASE source.role WHEN 'meter' THEN 1 ELSE 0 END AS old_precedence,
    to_jsonb(counted) AS old_version
FROM ({told}) AS told
JOIN calls AS counted ON counted.started_at = told.owner_started_at AND counted.id = told.owner
JOIN finops_source AS source ON source.id = counted.source_id
WHERE told.place = 1
  AND counted.import_id <> %(import_id)s
  AND NOT (source.role = 'meter' AND counted.accounting_month = ANY (%(closed)s::date[]))
  AND (
    %(precedence)s > CASE source.role WHEN 'meter' THEN 1 ELSE 0 END
    OR (
        %(keep)s = 'largest_output'
        AND counted.source_id = %(source_id)s
        AND told.rank > coalesce(counted.output_tokens, 0)
            + coalesce(counted.reasoning_tokens, 0) + coalesce(counted.output_audio_tokens, 0)
    )
  )
