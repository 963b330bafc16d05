"""Double-entry book of every fen the court holds."""
