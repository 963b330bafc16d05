"""Offering a lot: first auction, second auction, sell-off."""
