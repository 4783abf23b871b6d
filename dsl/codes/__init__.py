"""What every error's code means."""
