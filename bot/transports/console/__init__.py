"""A terminal, or a pipe, as chat networks: the demo and the conversation tests are these same classes."""

from bot.transports.console.console import Console
from bot.transports.console.stage import Character, Stage

__all__ = ["Character", "Console", "Stage"]
