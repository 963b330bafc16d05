"""From hammer price to title."""
