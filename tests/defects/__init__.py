"""Faults of the compiler, planted one at a time: each must be found by the tests.

- `planted.py`: the faults, as edits of the compiler's text, and the tests that should see them
- `probe.yaml`, `own_check.py`: what the main job compares, on a network with a bit of everything
- `planting.py`: a copy of the project, with one fault in it

`python -m tests.defects` plants them all; `tests/test_defects.py` sees that each can be planted,
and plants a few.
"""
