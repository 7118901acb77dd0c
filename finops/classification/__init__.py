"""What is AI on a bill: dated rules from a charge to its kind, provider, model and token kind."""
