"""Four eyes: what one person proposes, others approve, and it is done once."""
