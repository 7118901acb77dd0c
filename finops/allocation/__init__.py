"""Shared cost: which charges are shared, how they are split, and the statements of each month."""
