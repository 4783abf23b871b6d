"""The language as JSON Schemas, made from the models: what editors complete, show and check by."""
