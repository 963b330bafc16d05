"""Seized assets and the lots made of them."""
