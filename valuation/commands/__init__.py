"""What can be done in valuation: one module a desk, one function a command."""
