"""The sections of the report: what is asked of a comparison, or of the model, for each of them."""
