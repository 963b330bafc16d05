"""Desks of the enforcing court."""
