"""Mesa's own page, and how households are drawn: places, colours, the picture that plays (extra `browser`)."""
