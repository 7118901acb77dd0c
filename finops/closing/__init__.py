"""The close of a month: what has to be done first, the figures as they were, reopening."""
