"""The platform as people see it."""
