-- The days that refreshes touched, with the word of each.
SELECT array_agg(id), array_agg(DISTINCT day) FROM refreshed_days
