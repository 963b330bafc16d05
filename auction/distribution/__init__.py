"""From proceeds to creditors."""
