"""Commands of the operator's terminal, a module each; workers/cli.py gathers them."""
