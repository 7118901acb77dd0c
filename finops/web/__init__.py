"""Pages, and what operators' probes ask."""
