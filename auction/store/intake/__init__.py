"""What may come in from outside, judged by its bytes."""
