"""Commands of the exchange room."""
