"""Named policies and caseloads as files, and what reads, changes and writes such files."""
