"""Tests of the price book; ``genai_prices`` is the oracle here and nowhere else."""
