"""How fast Costline is: ratios, each measured in interleaved rounds of one run."""
