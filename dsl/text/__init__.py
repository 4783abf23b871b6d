"""Bytes and YAML events as values with places, and the problems that are found."""
