"""The REST API: every answer comes from the same queries as pages and commands."""
