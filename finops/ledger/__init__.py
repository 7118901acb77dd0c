"""Every call once: staged, then published in one transaction. See docs/architecture.md."""
