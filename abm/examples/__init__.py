"""Worked examples of rules of one's own, each a file for `--rule`."""
