"""Every call once: staged, then published in one transaction. See README.md beside this file."""
