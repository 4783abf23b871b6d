"""The version, in a file of its own: what states it needs nothing else of the package."""

__version__ = "0.1.0"
