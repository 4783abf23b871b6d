"""Charts of a network, as SVG that needs no script: bars of its steps, and runs along it."""
