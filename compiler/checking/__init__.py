"""From spec files to findings: what is read, what is said of it, and in which form."""
