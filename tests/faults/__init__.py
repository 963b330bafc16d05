"""Servers killed, lines cut, clocks stepped, crowds that do not read: what holds all the same."""
