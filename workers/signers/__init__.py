"""Keepers of keys, in a process of their own."""
