"""Load on the live hall over real sockets: its lines, their baselines, and who asks."""
