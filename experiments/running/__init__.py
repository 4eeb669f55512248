"""Where runs happen: the one seam to threads and clusters, and what it tells while it works."""
