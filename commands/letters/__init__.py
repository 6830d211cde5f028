"""What is said when a letter changes, and of what is asked about it."""
