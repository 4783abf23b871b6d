"""Training by a recipe: the loop, its state on disk, data sets, and what came of a run."""
