"""A spec's report in the browser while the spec is being written, served on this machine alone."""
