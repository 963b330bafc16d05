"""Deposits: held, applied, released, forfeited."""
