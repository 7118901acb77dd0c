"""Projections of the ledger: recomputed for stale hours, read by every page and command."""
