"""Metered against billed: parts that sum exactly, states, findings."""
