"""What can be said of a network that was lowered, whatever came of it. One lint a file."""
