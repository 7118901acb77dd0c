"""What the numbers say: what moved, what is new, what nobody owns."""
