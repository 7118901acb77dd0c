"""Budgets: scopes, dated lines, and where each stands, computed from the ledger every time."""
