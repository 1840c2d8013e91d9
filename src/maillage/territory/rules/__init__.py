"""Decisions of the territory room on values in hand: outlines, names, ages, travel, drawings."""
