"""The report: a comparison as one self-contained HTML file that a reader can print, keep and check."""
