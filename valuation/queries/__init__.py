"""What can be read of valuation: one module a desk."""
