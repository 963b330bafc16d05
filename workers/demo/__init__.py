"""The demonstration: made-up people, lots like real ones, robots that bid."""
