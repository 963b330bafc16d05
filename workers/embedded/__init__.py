"""Servers from wheels when none is given."""
