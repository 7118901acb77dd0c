"""Django's backend for the embedded PostgreSQL: ``ENGINE = "finops.runtime.embedded"``."""
