"""Durable writing: a folder of results is there whole or not at all, and never over something else."""
