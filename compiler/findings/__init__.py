"""What a lint is, what it looks at, and the words that lints share."""
