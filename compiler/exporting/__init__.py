"""Networks as files of other frameworks, written straight from the tree.

Importing this package imports neither torch nor onnx.
"""
