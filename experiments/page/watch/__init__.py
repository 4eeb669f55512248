"""The tab that shows the households: the same under A and under B, week by week, and why each stayed or left."""
