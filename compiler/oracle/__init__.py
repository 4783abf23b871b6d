"""What torch really does, and the comparisons with what was worked out."""
