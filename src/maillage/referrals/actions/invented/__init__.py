"""The example filled with a year of invented cases: told in memory by the rules that real acts
follow, then written at once."""
