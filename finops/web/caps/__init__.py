"""Caps as pages show them: on a page of their own below each workflow, and on others' pages."""
