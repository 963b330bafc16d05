"""Personal data: the keys of subjects, the columns they seal, and who looked at them in full."""
