"""Passes: a tree from a tree, by `compiler.ir.rewriting`. One a file."""
