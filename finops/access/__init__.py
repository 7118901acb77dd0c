"""Who may do what: API keys now; people and roles join them here."""
