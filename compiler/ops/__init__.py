"""The registry: every op, and how each layer of the language lowers to them."""
