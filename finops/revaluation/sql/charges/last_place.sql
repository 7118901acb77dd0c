-- The last charge that is there now; later ones were decided upon by the rules of now.
SELECT billing_period, id FROM charges ORDER BY billing_period DESC, id DESC LIMIT 1
