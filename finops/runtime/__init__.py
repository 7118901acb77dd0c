"""Wiring: the processes and folders around the product, not the product.

Nothing here imports a model. Everything but ``embedded`` and ``database`` needs the standard
library alone, because the database keeper and the stack run without the site packages.
"""
