"""Charts as data: drawing, table, CSV and alternative text come from the same rows."""
