"""Encrypted rooms: our device's keys, what they open, and what is sealed with them."""

from bot.transports.matrix.encryption.session import Encryption

__all__ = ["Encryption"]
