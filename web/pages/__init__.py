"""One module per audience."""
