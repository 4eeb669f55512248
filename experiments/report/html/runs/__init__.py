"""Further runs of the report: small, purposeful, on the seeds of the comparison."""
