"""Bills: charges staged, swapped in as snapshots, compared with what they replace."""
