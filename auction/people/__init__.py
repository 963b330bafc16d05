"""Natural and legal persons, court staff, and how they sign in."""
