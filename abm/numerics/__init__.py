"""Numbers that know nothing of asylum: exactly rounded arithmetic, draws keyed by household and week, the calendar."""
