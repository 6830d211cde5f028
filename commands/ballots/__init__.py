"""Polls in words, the one ballot of each organisation, and what ends a poll."""
