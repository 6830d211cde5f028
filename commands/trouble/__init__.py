"""What could not be said, could not be taken, or cannot be read yet."""
