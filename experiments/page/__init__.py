"""The page in the browser: two policies side by side, household by household."""
