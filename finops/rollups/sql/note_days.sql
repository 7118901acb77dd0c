-- Word for whoever watches what a day costs; whoever acts on it takes the row away.
INSERT INTO refreshed_days (day) SELECT unnest(%(days)s::date[])
