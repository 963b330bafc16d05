"""The finance desk: statements in, orders out, and every fen between."""
