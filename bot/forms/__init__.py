"""Forms in people's hands: shown, filled in, and handed to intake like a line."""
