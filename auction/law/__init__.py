"""What the rules say, dated and cited; pure."""
