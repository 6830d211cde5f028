"""What is forgotten of people, and what they get to see of it."""
