"""Alerts: who is told what, once, over which way, and whether it arrived."""
