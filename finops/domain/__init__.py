"""Plain values of the FinOps field. Nothing here imports Django or a driver."""
