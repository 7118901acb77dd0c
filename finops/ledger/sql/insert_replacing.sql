-- The better telling takes over the call's number, so that everything that points to it stays true.
INSERT INTO calls
SELECT (jsonb_populate_record(
    NULL::calls, to_jsonb(better) || jsonb_build_object('id', better.owner)
)).*
FROM better
