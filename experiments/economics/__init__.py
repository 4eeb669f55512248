"""Which of several policies is worth its money, how sure that is, and what it would be worth to find out first."""
