"""Names and web addresses of organisations: tidied, compared, and close ones suggested."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import urlsplit

from rapidfuzz import fuzz

from campaign.chat import N_, Text, say
from campaign.errors import CampaignError

if TYPE_CHECKING:
    from collections.abc import Sequence

Id = TypeVar("Id")

NAME_LIMIT = 120
"""The longest name of an organisation, in characters."""
URL_LIMIT = 500
"""The longest web address, in characters."""
CLOSE = 78
"""From which likeness (0 to 100) on a name is suggested; found by trying the names in the tests."""

# --- comparing -----------------------------------------------------------------------------------------

_LEGAL_FIRST = frozenset(
    ("association", "asso", "assoc", "asbl", "vzw", "sas", "sasu", "sarl", "eurl", "scop", "scic")
)
_LEGAL = frozenset(
    (
        *_LEGAL_FIRST,
        *("aisbl", "ev", "gmbh", "ggmbh", "ug", "ag", "kg", "eg", "sa", "snc", "srl", "spa", "bv", "nv"),
        *("ltd", "limited", "llc", "llp", "plc", "inc", "incorporated", "corp"),
    )
)
_LEGAL_PHRASES = (("loi", "de", "1901"), ("loi", "1901"), ("e", "v"), ("s", "a"))
_LETTERS = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i"}
)
"""Letters that Unicode does not take apart and that people type either way."""
_ACCENT = 200
"""Combining classes from here on are accents; the marks below spell (vowels, viramas)."""
_SCHEME = re.compile(r"^\s*(?:[a-z][a-z0-9+.-]*://)?(?:www\.)?")
_INITIALS = re.compile(r"\b[^\W\d_](?:\.[^\W\d_])+\b\.?")
_APART = re.compile(r"[^\w]|_")


@lru_cache(maxsize=8192)
def folded(text: str) -> str:
    """Bring text to a form for comparing: no case, accents, punctuation, invisible characters. Idempotent."""
    while (form := _folded_once(text)) != text:
        text = form
    return text


@lru_cache(maxsize=8192)
def normal_form(name: str) -> str:
    """Bring an organisation's name to the form under which it is found again. Idempotent.

    Case, accents, punctuation, `https://`, `www.` and legal forms at either end do not count: "Association
    Picasoft", "picasoft (asso)" and "www.Picasoft" are one. A name that is nothing but a legal form keeps it.
    Empty for a name without any letter or digit.
    """
    words = folded(name).split()
    while len(shorter := _without_legal_form(words)) < len(words):
        words = shorter
    return " ".join(words)


def _folded_once(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold().translate(_LETTERS)
    text = _SCHEME.sub("", _without_invisible(text))
    text = _INITIALS.sub(lambda found: found.group().replace(".", ""), text)
    apart = unicodedata.normalize("NFD", text)
    text = "".join(character for character in apart if unicodedata.combining(character) < _ACCENT)
    # Marks that spell are no word characters to `re`, and yet belong to their word.
    text = "".join(
        character if unicodedata.category(character)[0] in "LNM" else " "
        for character in unicodedata.normalize("NFKC", text)
    )
    return " ".join(text.split())


def _without_legal_form(words: list[str]) -> list[str]:
    if len(words) > 1 and words[-1] in _LEGAL:
        return words[:-1]
    if len(words) > 1 and words[0] in _LEGAL_FIRST:
        return words[1:]
    for phrase in _LEGAL_PHRASES:
        if len(words) > len(phrase) and tuple(words[-len(phrase) :]) == phrase:
            return words[: -len(phrase)]
    return words


# --- tidying -------------------------------------------------------------------------------------------

_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks that show nothing."""
_A_GROUP = r"(?:asso(?:c(?:iation)?)?|org(?:ani[sz]ation)?|structure|collecti(?:f|ve)|entite|societe)"
_NAME_OF = (
    r"(?:le |the )?(?:nom|name|intitule|title)(?: complet)?"
    r" (?:of|de|du|d)(?: (?:l|la|le|votre|mon|ma|my|your|the|une?))*"
)
_PLACEHOLDER = re.compile(
    rf"(?:{_NAME_OF} |(?:votre|notre|mon|ma|my|your|our|une?|an?|l) )?{_A_GROUP}(?: name| here| ici)?"
    r"|(?:your|votre) (?:name|nom)(?: here| ici)?|nom|name|todo|tbd|n a|null|undefined|x{3,}"
)
"""Folded names that nobody has: what a template leaves to be filled in."""
_BRACKETED = re.compile(r"[<\[{(].*[>\]})]")
_MARKUP = re.compile(r"<[/!?]?[a-z][^>]*>|\]\(|&(?:#\w+|[a-z]+);|^([*_`~]+)\S.*\1$", re.IGNORECASE)
_ADDRESS_ONLY = re.compile(r"(?:\w+:/\S+|www\.\S+|\S+@\S+\.\S+)", re.IGNORECASE)
_FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20"


def tidy_name(raw: str) -> str:
    """Clean an organisation's name as typed: NFC, single spaces, nothing invisible or that turns text around.

    Raises CampaignError, which says what to do, for a name that is empty, longer than `NAME_LIMIT`, without a
    letter or digit, a placeholder ("Nom de l'asso"), markup or only an address, or that a spreadsheet would
    take for a formula.
    """
    name = _visible(raw)
    if not name:
        raise _refusal(N_("The name of the organisation is missing: type it after the command."))
    if len(name) > NAME_LIMIT:
        raise CampaignError(
            say(
                N_("This name has {count} characters, {limit} is the most: use the short name."),
                count=len(name),
                limit=NAME_LIMIT,
            )
        )
    if not any(character.isalnum() for character in name):
        raise _refusal(N_("“{name}” has no letter or digit: type the name as it is written."), name)
    if _BRACKETED.fullmatch(name) or _PLACEHOLDER.fullmatch(folded(name)):
        raise _refusal(N_("“{name}” stands for a name: put the real name of the organisation there."), name)
    if _ADDRESS_ONLY.fullmatch(name):
        raise _refusal(N_("“{name}” is an address: type the name, and give the website with `url=`."), name)
    if _MARKUP.search(name):
        raise _refusal(N_("“{name}” contains markup: type the name as plain text."), name)
    if name[0] in _FORMULA:
        raise _refusal(
            N_("“{name}” begins with a sign: begin with the first letter or digit of the name."), name
        )
    return name


def tidy_url(raw: str) -> str:
    """Clean a website's address as typed: `https://` where no scheme is given, scheme and host in lower case.

    Raises CampaignError, which says what to do, for anything else than http or https, a host without a dot, a
    bare IP address, a user name or password, or characters that have no place in an address.
    """
    typed = _visible(raw).lstrip("<").rstrip(".,;>")
    if not re.match(r"[a-z][a-z0-9+.-]*://", typed, re.IGNORECASE):
        # "example.org:8443" is a host with a port, "mailto:…" is a scheme.
        if re.match(r"[a-z][a-z0-9+-]*:", typed, re.IGNORECASE):
            raise _bad_url(typed)
        typed = f"https://{typed}"
    if len(typed) > URL_LIMIT or re.search(r"[\s<>\"\\`{}|^]", typed):
        raise _bad_url(raw)
    try:
        parts = urlsplit(typed)
        port = parts.port
    except ValueError:
        raise _bad_url(raw) from None
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc or not _is_domain(host):
        raise _bad_url(raw)
    netloc = host if port is None else f"{host}:{port}"
    return parts._replace(netloc=netloc, path="" if parts.path == "/" else parts.path).geturl()


def domain_of(url: str) -> str:
    """Return the host of a website's address in lower case, without `www.`; empty if there is none."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return host.rstrip(".").removeprefix("www.")


def _without_invisible(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character
        for character in text
        if unicodedata.category(character) not in {"Cf", "Cs", "Co", "Cn"}
        and character not in _BLANK
        and not _is_selector(character)
    )


def _is_selector(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _visible(raw: str) -> str:
    spaced = "".join(" " if unicodedata.category(character) == "Cc" else character for character in raw)
    return " ".join(unicodedata.normalize("NFC", _without_invisible(spaced)).split())


def _is_domain(host: str) -> bool:
    labels = host.split(".")
    return (
        len(labels) > 1
        and len(host) <= 253  # noqa: PLR2004 - RFC 1035, section 2.3.4
        and all(re.fullmatch(r"[^\W_](?:[^\W_]|-){0,62}", label) and label[-1] != "-" for label in labels)
        and not labels[-1].isdecimal()
    )


def _refusal(message: str, name: str = "") -> CampaignError:
    return CampaignError(say(message, name=name) if name else Text(message))


def _bad_url(typed: str) -> CampaignError:
    return CampaignError(
        say(
            N_("“{typed}” is not the address of a website. Type one such as {example}"),
            typed=typed,
            example="https://example.org",
        )
    )


# --- suggesting ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Suggestion(Generic[Id]):
    """A known organisation that may be the one meant, and how alike the names are (0 to 100)."""

    id: Id
    name: str
    likeness: float


def closest(name: str, candidates: Sequence[tuple[Id, str]], limit: int = 3) -> list[Suggestion[Id]]:
    """Suggest the organisations whose name is like this one, the likest first: never a decision.

    Candidates may give several names for one id (aliases): the likest of them is kept. An acronym is like the
    name it abbreviates.
    """
    wanted = normal_form(name)
    best: dict[Id, Suggestion[Id]] = {}
    for id_, candidate in candidates:
        likeness = _likeness(wanted, normal_form(candidate))
        if likeness >= CLOSE and (id_ not in best or best[id_].likeness < likeness):
            best[id_] = Suggestion(id_, candidate, likeness)
    return sorted(best.values(), key=lambda each: (-each.likeness, each.name))[:limit]


def _likeness(one: str, other: str) -> float:
    if not one or not other:
        return 0
    joined = one.replace(" ", ""), other.replace(" ", "")
    likeness = max(fuzz.ratio(*joined), fuzz.token_sort_ratio(one, other))
    # All words of one in the other is a little less than the same name; in a very short one it is nothing.
    if min(len(joined[0]), len(joined[1])) >= 4:  # noqa: PLR2004
        likeness = max(likeness, 0.9 * fuzz.token_set_ratio(one, other))
    if _abbreviates(joined[0], other) or _abbreviates(joined[1], one):
        likeness = max(likeness, 90)
    return likeness


def _abbreviates(acronym: str, name: str) -> bool:
    initials = "".join(word[0] for word in name.split())
    return len(initials) > 2 and acronym == initials  # noqa: PLR2004 - two letters abbreviate anything
