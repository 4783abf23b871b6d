"""Specs that went wrong, by the thousand: what is made of them is an answer, in time and in memory.

- `seeds.py`: the specs that mutants are made of: the shelf, and what the tests have
- `texts.py`: mutants of their text, each of one edit
- `trees.py`: mutants of the values in it, that are YAML still
- `worker.py`: what is done with each, in a process of its own
- `bounded.py`: that process, held to a second and half a gigabyte
- `locality.py`: whether the error is told where the edit is
- `reducing.py`: a smaller text that fails alike

`python -m tests.fuzzing` runs them; `tests/test_fuzzing.py` runs a few, the same each time.
"""
