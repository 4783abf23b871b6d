"""The tree that a spec becomes, and what is read off it alone."""
