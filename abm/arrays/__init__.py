"""Everybody at once, as columns: packed inputs, the table of households, arrivals, ties, counts and account."""
