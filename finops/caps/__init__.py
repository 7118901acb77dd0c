"""Caps for agents: limits on single runs, and who went beyond them."""
