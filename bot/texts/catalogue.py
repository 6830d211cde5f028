"""The translations of one language, checked so that a bad one can never break a sentence."""

from __future__ import annotations

import logging
import re
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from babel.core import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from bot.texts.data import clean_source

if TYPE_CHECKING:
    from typing import BinaryIO

logger = logging.getLogger(__name__)

FOLDER = Path(__file__).parent.parent / "locale"
DOMAIN = "tocsin"

# 24 hours, the day before the month and no comma before "and": what people in the rooms type and read.
_ENGLISH = Locale("en", "GB")
_PLACE = re.compile(r"\{([A-Za-z_]\w*)\}")

Template: TypeAlias = tuple[str, ...]
"""Literal Markdown at the even indexes, the names of places at the odd ones."""


class Catalogue:
    """The translations of one language; what it lacks, or has with other places, is said in English."""

    def __init__(self, locale: Locale, translations: NullTranslations) -> None:
        self.locale = locale
        self._translations = translations

    @property
    def language(self) -> str:
        """The language's short code, e.g. "fr"."""
        return self.locale.language

    @classmethod
    def english(cls) -> Catalogue:
        """English needs no translations."""
        return cls(_ENGLISH, NullTranslations())

    @classmethod
    def read(cls, file: BinaryIO, locale: Locale) -> Catalogue:
        """Read a .po file. Fuzzy entries are left out: they are guesses."""
        compiled = BytesIO()
        write_mo(compiled, read_po(file, locale=locale))
        compiled.seek(0)
        return cls(locale, GNUTranslations(compiled))

    @classmethod
    def of(cls, language: str) -> Catalogue:
        """Return the catalogue of a language code such as "fr" or "fr_CA"; an unknown language is English."""
        return _load(language)

    def one(self, message: str) -> Template:
        """Translate a message and split it at its places."""
        # gettext answers the empty message with the catalogue's header.
        return self._checked(message, "", self._translations.gettext(message) if message else "")

    def many(self, one: str, many: str, count: int) -> Template:
        """Translate the form that a number calls for and split it at its places."""
        if not one:
            return _split(one if count == 1 else many)
        return self._checked(one, many, self._translations.ngettext(one, many, count), count)

    def _checked(self, one: str, many: str, translated: str, count: int = 1) -> Template:
        if translated in (one, many) or _fits(one, many, translated):
            return _split(translated)
        return _split(many if many and count != 1 else one)


def places(message: str) -> frozenset[str]:
    """Name the places of a message."""
    return frozenset(_PLACE.findall(message))


def same_places(one: str, many: str, translated: str) -> bool:
    """Whether a translation has the places of its message; with a plural, each form may leave `count` out."""
    here = places(translated)
    if not many:
        return here == places(one)
    either, both = places(one) | places(many), places(one) & places(many)
    return both - {"count"} <= here <= either | {"count"}


@lru_cache(maxsize=4096)
def _fits(one: str, many: str, translated: str) -> bool:
    if translated and same_places(one, many, translated):
        return True
    logger.warning("a translation has other places than its message, English is used: %r", one)
    return False


@lru_cache(maxsize=4096)
def _split(message: str) -> Template:
    return tuple(_PLACE.split(clean_source(message)))


@cache
def _english() -> Catalogue:
    return Catalogue.english()


@lru_cache(maxsize=64)
def _load(language: str) -> Catalogue:
    try:
        locale = Locale.parse(language.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return _english()
    if locale.language == "en":
        return _english()
    try:
        # Locale.parse has made sure that this is a known code, not a path.
        with (FOLDER / locale.language / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
            return Catalogue.read(file, locale)
    except FileNotFoundError:
        return _english()
