"""Everything that happens with nobody at a browser."""
