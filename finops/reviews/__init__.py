"""Reviews: what a meeting reads, decides and promises, and what it froze when it closed."""
