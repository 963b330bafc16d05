"""How to use the platform: the guides."""
