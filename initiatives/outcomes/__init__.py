"""What it came to: series of values, their verdicts, and the figures made of many."""
