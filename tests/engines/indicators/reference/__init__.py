"""Slow, plain versions of the definitions, one person at a time: what the engines must equal."""
