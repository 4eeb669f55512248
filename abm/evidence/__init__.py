"""The figures as they were found, with their sources, and what reads them: tables of figures, countries of origin."""
