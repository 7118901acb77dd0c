-- The buckets of fill_sketch.sql, made on the spot.
SELECT ceil(ln(greatest(part.cost, 1e-9)) / ln(1.02))::integer, count(*)
FROM ({parts}) AS part
WHERE part.cost IS NOT NULL
  AND (%(since)s::timestamptz IS NULL OR part.started_at >= %(since)s)
  AND (%(until)s::timestamptz IS NULL OR part.started_at < %(until)s)
GROUP BY 1
ORDER BY 1
