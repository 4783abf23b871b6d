"""Values as models, and whether what they say means something."""
