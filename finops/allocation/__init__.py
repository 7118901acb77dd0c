"""Shared cost: pools of charges, split in stages to the cent, and stored with their inputs."""
