"""The model against the record: fitting it, trying it on histories it has not seen, and the reference tables."""
