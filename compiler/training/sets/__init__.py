"""Images with their classes, as they are published or lie in folders."""
