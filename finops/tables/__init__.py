"""Tables that come and go: stages of imports, and the monthly partitions of what never ends."""
