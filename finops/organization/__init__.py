"""The organisation's own affairs: its first day, its name and calendar, its reporting clock."""
