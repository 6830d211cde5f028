"""The name of an organisation as typed: tidied, refused where it is none, doubted where it may be something else."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from campaign.chat import N_, Text, say
from campaign.errors import CampaignError
from campaign.organisation.first_names import FIRST_NAMES, TITLES
from campaign.organisation.form import folded, normal_form, without_invisible
from campaign.organisation.lexicon import BODIES, concept

NAME_LIMIT = 120
"""The longest name of an organisation, in characters."""

_A_GROUP = (
    r"(?:asso(?:c(?:iation)?)?|org(?:ani[sz]ation)?|structure|collecti(?:f|ve)|entite|societe|entreprise|company|"
    r"groupe?|institution|etablissement|ong|ngo|club|federation)"
)
_NAME_OF = (
    r"(?:le |the )?(?:nom|name|intitule|title)(?: complet)?"
    r" (?:of|de|du|d)(?: (?:l|la|le|votre|mon|ma|my|your|the|une?))*"
)
_WHOSE = r"(?:votre|notre|mon|ma|my|your|our|une?|an?|l|le|la|the)"
_NOBODY = (
    "nom",
    "name",
    "noms",
    "nom et prenom",
    "prenom nom",
    "prenom",
    "first name",
    "last name",
    "full name",
    "n a",
    "na",
    "nsp",
    "null",
    "none",
    "nil",
    "undefined",
    "nan",
    "inconnu",
    "inconnue",
    "unknown",
    "anonyme",
    "anonymous",
    "aucun",
    "aucune",
    "neant",
    "rien",
    "sans",
    "sans objet",
    "nothing",
    "idem",
    "same",
    "same as above",
    "voir ci dessus",
    "see above",
    "todo",
    "tbd",
    "tba",
    "a completer",
    "a remplir",
    "a definir",
    "a venir",
    "to be completed",
    "to be defined",
    "to do",
    "fill in",
    "please fill in",
    "essai",
    "exemple",
    "example",
    "sample",
    "demo",
    "placeholder",
    "abc",
    "abcd",
    "azerty",
    "qwerty",
    "qwertz",
    "asdf",
    "qsdf",
    "foo",
    "bar",
    "foobar",
    "foo bar",
    "blabla",
    "bla bla",
    "moi",
    "moi meme",
    "me",
    "myself",
    "particulier",
    "particuliere",
    "individuel",
    "individuelle",
    "individual",
    "private person",
    "personnel",
    "personal",
    "perso",
    "citoyen",
    "citoyenne",
    "citizen",
    "simple citoyen",
    "a titre personnel",
    "a titre individuel",
    "en mon nom propre",
    "en mon nom",
    "independant",
    "raison sociale",
    "denomination",
    "company name",
    "nom de domaine",
    "domain name",
    "signature",
    "votre signature",
)
_PLACEHOLDER = re.compile(
    rf"(?:(?:insere[rz]?|insert|indique[rz]?|enter|type|mettre|saisi[rsz]+|put) )?"
    rf"(?:(?:{_NAME_OF} |(?:{_WHOSE} )?)(?:test )?{_A_GROUP}(?: (?:name|here|ici|test|exemple|example))?(?: ?\d{{1,2}}| [a-z])?"
    rf"|(?:{_WHOSE} )?(?:name|nom)(?: here| ici)"
    rf"|(?:{_WHOSE} )(?:name|nom)"
    rf"|(?:exemple|example|sample|test) {_A_GROUP}"
    rf"|{'|'.join(_NOBODY)}"
    r"|lorem ipsum(?: .*)?|(?:test|essai|toto|titi|tata)(?: ?(?:test|\d+))*|x{2,}(?: x+)*|(?P<letter>[a-z])(?P=letter){2,}|[a-z])",
    re.ASCII,
)
"""Folded names that nobody has: what a template leaves to be filled in, and what people type to get past it."""
_BRACKETED = re.compile(r"[<\[{(].*[>\]})]")
_MARKUP = re.compile(r"<[/!?]?[a-z][^>]*>|\]\(|&(?:#\w+|[a-z]+);|^([*_`~]+)\S.*\1$", re.IGNORECASE)
_ADDRESS_ONLY = re.compile(
    r"(?:\w+:/\S+|www\.\S+|\S+@\S+\.\S+|(?:javascript|data|mailto):\S+)", re.IGNORECASE
)
_FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20"


def tidy_name(raw: str) -> str:
    """Clean an organisation's name as typed: NFC, single spaces, nothing invisible or that turns text around.

    Raises CampaignError, which says what to do, for a name that is empty, longer than `NAME_LIMIT`, without a
    letter or digit, a placeholder ("Nom de l'asso"), markup or only an address, or that a spreadsheet would
    take for a formula.
    """
    name = visible(raw)
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
    if _BRACKETED.fullmatch(name) or is_placeholder(name):
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


def visible(raw: str) -> str:
    """Return text as one line in NFC, without what does not show."""
    spaced = "".join(" " if unicodedata.category(character) == "Cc" else character for character in raw)
    return " ".join(unicodedata.normalize("NFC", without_invisible(spaced)).split())


def is_placeholder(name: str) -> bool:
    """Whether a name only stands for one: "Nom de l'asso", "à compléter", "xxx"."""
    return bool(_PLACEHOLDER.fullmatch(folded(name)))


def _refusal(message: str, name: str = "") -> CampaignError:
    return CampaignError(say(message, name=name) if name else Text(message))


# --- what has to be asked ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a name may not be that of one organisation. It may be, so that one asks."""

    kind: Literal["person", "several", "alphabets"]
    parts: tuple[str, ...] = ()
    """The names it may consist of, if it may be several."""
    sure: bool = True
    """Whether to ask in any case; else only if one of the parts is known to be somebody's name."""


_APART = re.compile(r"\s*(?:;|\s/\s|\s\+\s|\s\|\s)\s*|(?<=[^\W\d_]{4})/(?=[^\W\d_]{4})")
_PERHAPS_APART = re.compile(r",\s+|\s+&\s+|\s+(?:et|and|und|y|e|en|ainsi que|as well as)\s+", re.IGNORECASE)
_SHORTEST_PART = 3
"""Letters of a name that may be one of two."""
_PERSONS_WORDS = range(2, 5)
"""How many words a person's name has."""


def doubt(name: str, said_by: str = "") -> Doubt | None:
    """Say why a tidy name may not be one organisation's: a person's, two in one, or letters of two alphabets mixed.

    `said_by` is what the person who typed it calls themselves. None if nothing is to be asked.
    """
    if _mixes_alphabets(name):
        return Doubt("alphabets")
    for separator, sure in ((_APART, True), (_PERHAPS_APART, False)):
        parts = tuple(part.strip(" .,;-\u2013") for part in separator.split(name))
        if len(parts) > 1 and all(_may_be_a_name(part) for part in parts):
            return Doubt("several", parts, sure=sure or all(_has_body(part) for part in parts))
    if is_persons(name) or (said_by and folded(said_by) == folded(name) and len(folded(name).split()) > 1):
        return Doubt("person")
    return None


def is_persons(name: str) -> bool:
    """Whether a name is that of a person, by its title or its first name, rather than of an organisation."""
    words = folded(re.sub(r"\b[^\W\d_]\.", " ", name)).split()
    titled = folded(name).split()[:1]
    if titled and titled[0] in TITLES and len(folded(name).split()) in range(2, 6):
        return not any(concept(word) in BODIES for word in words)
    if len(words) not in _PERSONS_WORDS or any(character.isdigit() for character in name):
        return False
    if any(concept(word) in BODIES or len(word) == 1 for word in words) or normal_form(name) != folded(name):
        return False
    if re.search(r"[,/&+|:;()!?«»]|\s[-–—]\s", name):  # noqa: RUF001 - dashes as people type them
        return False
    if words[0] in FIRST_NAMES:
        return True
    # "DURAND Camille": the family name is in capitals then.
    typed = name.split()
    return len(typed) > 1 and typed[0].isupper() and not typed[-1].isupper() and words[-1] in FIRST_NAMES


def _may_be_a_name(part: str) -> bool:
    letters = sum(character.isalnum() for character in folded(part))
    return letters >= _SHORTEST_PART and normal_form(f"x {part}") != "x"  # more than a legal form


def _has_body(part: str) -> bool:
    return any(concept(word) in BODIES for word in folded(part).split()[:2])


def _mixes_alphabets(name: str) -> bool:
    """Whether a single word has letters of Latin and of another alphabet that looks like it."""
    for word in re.findall(r"[^\W\d_]+", name):
        alphabets = {unicodedata.name(letter, "").split(" ")[0] for letter in word}
        if "LATIN" in alphabets and alphabets & {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}:
            return True
    return False
