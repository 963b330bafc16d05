"""The live hall: a websockets server of its own."""
