"""Forms of the population room."""
