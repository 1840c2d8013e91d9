"""Pages of the population room."""
