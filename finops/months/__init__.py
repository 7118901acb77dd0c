"""Which months are closed, and where late data is posted."""
