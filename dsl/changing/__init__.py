"""A spec from another."""
