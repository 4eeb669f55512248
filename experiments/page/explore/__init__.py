"""The tab that looks along levers: what a policy does over the whole range of one lever, or of two."""
