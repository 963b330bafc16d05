"""The execution case, its parties and their claims."""
