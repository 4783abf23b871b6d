"""Variants of one spec: which they are, what each costs, and which are the best.

Counting needs no torch; a search that trains imports it when it begins.
"""
