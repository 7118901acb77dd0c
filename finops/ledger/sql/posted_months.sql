-- The months that a deletion changes: of the calls that go, and of the tellings that take over.
SELECT DISTINCT calls.accounting_month
FROM doomed
JOIN calls ON calls.started_at = doomed.started_at AND calls.id = doomed.id
UNION
SELECT (version->>'accounting_month')::date FROM heirs WHERE version IS NOT NULL
