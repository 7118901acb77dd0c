"""Charges of bills decided upon again: what they are, and whose."""
