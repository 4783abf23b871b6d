"""Networks for inference alone: rewritten, laid out and prepared for the machine at hand."""
