"""From a spec to the tree: every step, every shape, every fault with its place."""
