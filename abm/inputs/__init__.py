"""What a run is given: policy, world, caseload and behaviour, each parameter declared once with its source."""
