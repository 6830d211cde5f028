"""How alike two names are, and whether they may be the same organisation's: never a decision, a reason to ask."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from campaign.organisation.form import folded, normal_form
from campaign.organisation.lexicon import BODIES, LEFT_OUT, concepts, is_known, is_weak
from campaign.organisation.site import own_host, page_of

if TYPE_CHECKING:
    from collections.abc import Callable

SAME = 85
"""From which likeness (0 to 100) on two names may be the same organisation's (`make bench-names`)."""
CLOSE = 65
"""From which likeness on a name is suggested."""

_DOMAIN = re.compile(r"(?:https?://)?(?:www\.)?([^\s./]+(?:\.[^\s./]+)+)/?", re.IGNORECASE)
_SUBTITLE = re.compile(r"\s+[-–—:|]\s*|\s*:\s+|\(")  # noqa: RUF001 - dashes as people type them
_DOTTED = re.compile(r"([^\W\d_]{2,})\.(?=\s|$)")
_LOOKS = str.maketrans("аеорсухіјѕнкмтвԁԛԝαοιρυνκτ", "aeopcyxijshkmtbdqwaoipuvkt")
"""Letters of other alphabets that look like Latin ones."""
_GENERAL = frozenset(
    {"www", "example", "com", "org", "net", "co", "asso", "ac", "gov", "gouv", "edu", "ong", "wordpress"}
)
"""Parts of a host that are nobody's name."""
_LONG = 7
"""Letters from which on one that differs is a slip even if there is no other word to go by."""
_ACRONYM = range(3, 9)
"""Letters of an acronym; two abbreviate anything."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a name that says something."""

    text: str
    meaning: str
    """Its concept, whatever the language."""
    dotted: bool
    """Whether a full stop follows, as after an abbreviation."""
    in_title: bool
    """Whether it stands before anything that explains the name: a dash, a colon, a bracket."""
    is_body: bool
    """Whether it says what kind of body it is."""
    is_number: bool
    """Whether it numbers: a section, a year, a district."""
    is_known: bool
    """Whether the lexicon has it: it is not another word mistyped."""


def _word(text: str, meaning: str, *, dotted: bool, in_title: bool) -> Word:
    return Word(
        text,
        meaning,
        dotted,
        in_title,
        meaning in BODIES,
        any(character.isdigit() for character in text),
        is_known(text),
    )


@dataclass(frozen=True, slots=True)
class Profile:
    """A name made ready for being compared often."""

    name: str
    normal: str
    words: tuple[Word, ...]
    as_one: str
    """The name written as one word."""
    joined: frozenset[str]
    """The name written as one word, with and without those that only link."""
    initials: frozenset[str]
    """The acronyms that may stand for it."""
    called: frozenset[str]
    """What its website may be called: the name as one word, also without what explains it or says the kind of body."""
    runs: tuple[tuple[str, str, Word], ...]
    """Every two words in a row, apart and as one."""
    label: str
    """If it is the name of a host, what in it is the organisation's."""
    host: str
    page: str


def profile(name: str, site: str = "") -> Profile:
    """Make a name, and the website that is given with it, ready for being compared."""
    normal = normal_form(name)
    domain = _DOMAIN.fullmatch(name.strip())
    parts, typed = _labels(domain[1]) if domain else normal.split(), folded(name).split()
    title = Counter(folded(_SUBTITLE.split(name, maxsplit=1)[0]).split())
    dotted = {folded(found) for found in _DOTTED.findall(name)}
    words = []
    for part in parts:
        in_title = title[part] > 0
        title[part] -= 1
        if not is_weak(part):
            words += [
                _word(part, meaning, dotted=part in dotted, in_title=in_title) for meaning in concepts(part)
            ]
    strong = [part for part in parts if not is_weak(part)]
    own = [word.text for word in words if word.meaning not in LEFT_OUT]
    title_as_one = folded(_SUBTITLE.split(name, maxsplit=1)[0]).replace(" ", "")
    rest_as_one = "".join(word.text for word in words if not word.in_title)
    host = own_host(site or (domain[1] if domain else ""))
    joined = frozenset(filter(None, ("".join(parts), "".join(strong), "".join(parts).translate(_LOOKS))))
    return Profile(
        name,
        normal,
        tuple(words),
        "".join(parts),
        joined,
        frozenset(
            filter(
                None, map(_initials, (parts, strong, own, typed, [one for one in typed if not is_weak(one)]))
            )
        ),
        joined | frozenset(filter(None, ("".join(own), title_as_one, rest_as_one))),
        tuple(
            (first, second, _word(first + second, first + second, dotted=False, in_title=True))
            for first, second in pairwise(parts)
        ),
        "".join(parts) if domain else "",
        host,
        page_of(site) if site and host else "",
    )


def _initials(words: list[str]) -> str:
    return "".join(word[0] for word in words) if len(words) in _ACRONYM else ""


def _labels(host: str) -> list[str]:
    """The words in the name of a host that are its owner's."""
    labels = [label for label in host.casefold().split(".")[:-1] if label not in _GENERAL]
    return folded(" ".join(labels)).split()


# --- comparing -----------------------------------------------------------------------------------------------------


def likeness(one: Profile, other: Profile) -> float:
    """How alike two names are, 0 to 100: from `SAME` on they may be one organisation's.

    Their sites count: the same one makes up for words that one of them lacks; two different ones are a reason to take
    a letter that differs for another name rather than for a slip.
    """
    if not one.normal or not other.normal:
        return 0
    if one.normal == other.normal:
        return 100
    elsewhere = bool(one.host and other.host and one.host != other.host)
    if one.joined & other.joined:
        return 98 if one.as_one == other.as_one or not elsewhere else 80
    if one.label or other.label:
        called = _is_called(one.label, other) or _is_called(other.label, one)
        if called or (one.label and one.label == other.label):
            return called or 95
    if _abbreviates(one, other) or _abbreviates(other, one):
        return 75 if elsewhere else 88
    aligned = _Alignment(one, other).likeness(elsewhere=elsewhere)
    return (
        aligned
        if aligned >= SAME
        else max(aligned, min(SAME - 1, 0.84 * _resembles(one.normal, other.normal)))
    )


def _is_called(label: str, name: Profile) -> float:
    """How surely a host's own part is a name, 0 if it is not."""
    if not label:
        return 0
    if label in name.called:
        return 95
    digits = re.sub(r"\D", "", label)
    near = any(
        len(called) > 7 and OSA.distance(label, called, score_cutoff=1) <= 1  # noqa: PLR2004 - short words are others
        for called in name.called
        if re.sub(r"\D", "", called) == digits
    )
    return SAME + 1 if near else 0


def _abbreviates(acronym: Profile, name: Profile) -> bool:
    return len(acronym.words) == 1 and acronym.normal.replace(" ", "") in name.initials


def _resembles(one: str, other: str) -> float:
    """How alike two names are by their letters alone: enough to suggest one."""
    joined = one.replace(" ", ""), other.replace(" ", "")
    likeness = max(fuzz.ratio(*joined), fuzz.token_sort_ratio(one, other))
    # All words of one in the other is a little less than the same name; in a very short one it is nothing.
    if min(len(joined[0]), len(joined[1])) >= 4:  # noqa: PLR2004
        likeness = max(likeness, 0.9 * fuzz.token_set_ratio(one, other))
    return likeness if likeness >= CLOSE / 0.84 else 0


class _Alignment:
    """Which word of one name is which of the other, and what is left over."""

    def __init__(self, one: Profile, other: Profile) -> None:
        self._one, self._other = one, other
        self._left, self._right = list(one.words), list(other.words)
        self._matched: list[Word] = []
        self._cost = 0.0
        self._slips = 0
        self._pair(lambda word, with_: word.meaning == with_.meaning, 0)
        if self._left and self._right:
            self._pair(_abbreviated, 3)
            self._pair(_mistyped, 4, slips=True)
        if self._left and self._right:
            self._join(self._left, self._right, other)
            self._join(self._right, self._left, one)
        self._spelled_out(self._left, other)
        self._spelled_out(self._right, one)

    def _pair(self, same: Callable[[Word, Word], bool], cost: float, *, slips: bool = False) -> None:
        for word in tuple(self._left):
            with_ = next((each for each in self._right if same(word, each)), None)
            if with_ is not None:
                self._left.remove(word)
                self._right.remove(with_)
                self._matched.append(word)
                self._cost += cost
                self._slips += slips

    def _join(self, alone: list[Word], apart: list[Word], whole: Profile) -> None:
        """Pair a word with two that the other name writes apart."""
        for word in tuple(alone):
            for first, second, written in whole.runs:
                same = written.text == word.text
                if not same and (written.text[0] != word.text[0] or not _mistyped(word, written)):
                    continue
                run = [each for each in apart if each.text in (first, second)]
                if run:
                    alone.remove(word)
                    for each in run:
                        apart.remove(each)
                    self._matched.append(word)
                    self._cost += 2 if same else 6
                    break

    def _spelled_out(self, left: list[Word], whole: Profile) -> None:
        """Take out an acronym that stands beside the name it abbreviates, or the name beside its acronym."""
        for word in tuple(left):
            if len(word.text) in _ACRONYM and word.text in whole.initials:
                left.remove(word)
                self._cost += 2
        if len(left) in _ACRONYM:
            initials = "".join(word.text[0] for word in left)
            if any(word.text == initials for word in self._matched):
                left.clear()
                self._cost += 6

    def likeness(self, *, elsewhere: bool) -> float:  # noqa: PLR0911 - one case after the other reads best
        """The verdict, 0 to 100."""
        one, other = self._one, self._other
        together = bool(one.host) and one.host == other.host
        telling = [word for word in self._matched if not word.is_body and not word.is_number]
        if together and not self._matched and one.page == other.page:
            return SAME + 1  # renamed, translated or transcribed: groups of one federation share a word
        if not telling and not (self._matched and not self._left and not self._right):
            return 0
        if self._left and self._right:
            return 0 if not all(word.is_body for word in (*self._left, *self._right)) else 70
        cost = self._cost * (3 if elsewhere and self._slips else 1)
        rest = self._left or self._right
        if self._slips and len(telling) == 1 and len(telling[0].text) < _LONG:
            cost += 12
        if not rest:
            return 96 - cost
        if any(word.is_number for word in rest):
            return 70
        if all(word.meaning in LEFT_OUT for word in rest):
            return 93 - cost
        if len(rest) > 1 and not any(word.in_title for word in rest):
            return 90 - cost
        if together and one.page == other.page:
            return 90 - cost
        return 78 - cost


def _abbreviated(one: Word, other: Word) -> bool:
    short, long = sorted((one, other), key=lambda word: len(word.text))
    return short.dotted and len(long.text) > len(short.text) and long.text.startswith(short.text)


def _mistyped(one: Word, other: Word) -> bool:
    """Whether one word may be the other with a slip: one letter, two in a long word, seldom the first."""
    first, second = len(one.text), len(other.text)
    shorter, longer = (first, second) if first < second else (second, first)
    if longer - shorter > 2 or shorter < 4 or longer < 5:  # noqa: PLR2004 - short words are others
        return False
    same_first = one.text[0] == other.text[0]
    if (not same_first and longer < 8) or one.is_number or other.is_number:  # noqa: PLR2004
        return False
    if one.is_known and other.is_known:
        return False
    allowed = 2 if same_first and longer >= 10 else 1  # noqa: PLR2004
    return OSA.distance(one.text, other.text, score_cutoff=allowed) <= allowed
