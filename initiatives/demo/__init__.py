"""A believable municipality to try the product in. Its people are invented; its rules are the real ones."""
