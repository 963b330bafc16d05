"""`luochui bench`: what the platform does in figures, each line with its baseline."""
