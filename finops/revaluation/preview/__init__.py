"""What a rule would move, in dollars, before it is saved."""
