"""What each charge of a bill pays for: ordered, dated rules, and what none has decided."""
