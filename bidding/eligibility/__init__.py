"""What one must fulfil to bid: the deposit that is due, the conditions that were published."""
