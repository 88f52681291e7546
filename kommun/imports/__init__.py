"""Units and employees from the municipality's master data: read, judged row by row, written in sets."""
