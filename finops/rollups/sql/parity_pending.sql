SELECT count(*), min(hour), max(hour) FROM stale_hours
