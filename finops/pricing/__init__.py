"""What a call costs: the price book, read from the database, and exact arithmetic."""
