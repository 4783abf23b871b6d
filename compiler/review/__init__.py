"""What became of a repository's specs since a revision."""
