"""What a spec is made of, and what things are called."""
