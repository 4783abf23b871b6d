"""What is on the disk: written whole or not at all, and never what isn't ours."""
