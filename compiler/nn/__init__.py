"""From the tree to a `torch.nn.Module`."""
