"""Wording: a message and a language become plain text, HTML or XMPP message styling."""

from bot.texts.catalogue import Catalogue
from bot.texts.wording import Rendered, Wording

__all__ = ["Catalogue", "Rendered", "Wording"]
