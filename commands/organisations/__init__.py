"""Which organisation is meant, and who may speak for it."""
