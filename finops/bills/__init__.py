"""Bills: staged, then swapped in per source, billing account and billing period.

See docs/architecture.md.
"""
