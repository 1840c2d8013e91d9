"""Decisions of the on-call room on values in hand: turns, slots, who may hold one."""
