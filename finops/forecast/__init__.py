"""What a period will end at: from the shape of past days to a band, and how wrong that was."""
