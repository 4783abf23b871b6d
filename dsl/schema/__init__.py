"""The JSON Schema of specs, made from the models: what an editor completes, shows and checks by."""
