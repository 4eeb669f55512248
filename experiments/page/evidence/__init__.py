"""The tab on what it all rests on: every lever with its source, the fit, and histories the fit has not seen."""
