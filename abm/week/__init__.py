"""What happens in a week, in order, from arrivals to the closing of the books; and the driver that compiles it."""
