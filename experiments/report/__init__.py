"""What people read: text for a terminal, figures, notes, marks, and the files of a folder of results."""
