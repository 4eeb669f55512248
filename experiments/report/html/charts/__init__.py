"""The charts of the report: each a function from plain rows and a width to Altair charts."""
