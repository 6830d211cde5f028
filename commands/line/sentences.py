"""What a whole sentence is about that is put to the bot and is no command: "comment on signe ?", "count us in".

By the words it has, in any order, and never by what it means as a whole: so what it asks to know is answered, and what
it says is asked about. With a word in it that says no it is never taken for a yes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from commands.line import calling, negation, phrases
from commands.vocabulary import fold

MOST_WORDS = 14
"""Of more words a sentence tells a story: it is left alone."""
FEW_WORDS = 8
"""So short, taking something back is all that is said."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """The command that a sentence is about, and its own words behind it; asks: it only wants to know something."""

    command: str
    words: tuple[str, ...] = ()
    asks: bool = False


def meaning(text: str) -> Meaning | None:
    """What a sentence is about; None if that cannot be told, or it is too long."""
    words = _words(text)
    if words in (["contact"], ["humain"], ["human"]):
        return Meaning("help", ("ask",), asks=True)
    if not 1 < len(words) <= MOST_WORDS:
        return None
    asks = calling.asks(text) or words[0] in phrases.QUESTION or not phrases.HOW.isdisjoint(words)
    of_the_text = asks and _verb(words) == "details" and not phrases.LETTER.isdisjoint(words)
    if of_the_text or _has(
        phrases.SOMEBODY, words
    ):  # whether the letter itself can be changed is for people to say
        return Meaning("help", ("ask",), asks=True)
    asks = asks or " ".join(words).startswith(("c est quoi", "qu est ce"))
    asks = (
        asks
        or phrases.WHERE.match(text.lstrip()) is not None
        or phrases.WHERE_LAST.search(text) is not None
        or _has(phrases.WHEN, words)
        or _has(phrases.STANDS, words)
    )
    if not asks and _has(phrases.LOST, words):
        return Meaning("help", asks=True)
    if (
        not asks
        and any(map(phrases.STOPS.fullmatch, words))
        and not _has(phrases.GOES_ON, words)
        and (any(map(phrases.REMINDS.fullmatch, words)) or _has(phrases.WRITES, words))
    ):
        return Meaning("reminders", ("off",))
    return _asked(text, words) if asks else _said(words)


def asks_how(text: str) -> bool:
    """Whether a text begins by asking how something is done, and not how much it costs."""
    words = _words(text)
    return not phrases.HOW.isdisjoint(words[:1]) and phrases.COSTS.isdisjoint(words)


def begins_with_us(text: str) -> bool:
    """Whether a sentence begins with who speaks: what follows a name otherwise is said of it ("tocsin nous fait signer")."""
    words = _words(text)
    if words[:1] == ["nous"]:
        return words[1:2] in (["ne"], ["n"], ["en"], ["y"]) or any(
            word.endswith(("ons", "mes")) for word in words[1:2]
        )
    return bool(words) and (words[0] in phrases.SPEAKERS or phrases.LET_US.fullmatch(words[0]) is not None)


def greets(text: str) -> bool:
    """Whether a text is a greeting and nothing else."""
    words = _words(text)
    return bool(words) and words[0] in phrases.GREETS and phrases.POLITE.issuperset(words)


def thanks(text: str) -> bool:
    """Whether a text is thanks and nothing else."""
    words = _words(text)
    return bool(words) and words[0] in phrases.THANKS and phrases.POLITE.issuperset(words)


def holds_back(text: str) -> bool:
    """Whether a word in a text keeps it from being a yes to anything; what follows "for" is a name, and may hold any."""
    return not phrases.HOLDS_BACK.isdisjoint(_words(phrases.FOR.split(text, maxsplit=1)[0]))


def says_no(text: str) -> bool:
    """Whether a text begins by turning round what was said before it: "signe pas"."""
    return not negation.NO.isdisjoint(_words(text)[:1])


def is_common(text: str) -> bool:
    """Whether a text is nothing but small words that any sentence may begin with: no command was nearly typed there."""
    words = _words(text)
    return bool(words) and (
        phrases.US | negation.NO | phrases.POLITE | {"d", "l", "c", "s", "m", "t", "accord"}
    ).issuperset(words)


def instead(rest: str) -> Meaning | None:
    """What is meant by who says behind "sign" nothing but that it is not to be, or not yet: "pas encore", "non merci"."""
    words = _words(rest)
    words = words[2:] if words[:2] == ["c", "est"] else words
    is_name = any(map(str.isupper, phrases.WEEKDAY.sub("", rest)))
    time = (
        phrases.LATER.pattern
        if is_name
        else rf"{phrases.LATER.pattern}|(?:on |vers )?(?:{phrases.SOME_TIME.pattern})"
    )
    if re.fullmatch(
        rf"(?:(?:oui|ok|yes) )?(?:mais |but )?(?:{time})(?: (?:merci|thanks))?|(?:ou|or) (?:pas|non|not)",
        " ".join(words),
    ):
        return Meaning("deciding")
    is_no = words[:1] != ["ne"] and not negation.NO.isdisjoint(words[:1])
    return Meaning("decline") if is_no and (negation.NO | phrases.POLITE).issuperset(words) else None


def is_verb(word: str) -> bool:
    """Whether a word says what is to be done, as in a sentence: "signons", "refuse"."""
    return any(known.fullmatch(fold(word)) for known in phrases.VERBS.values())


def _words(text: str) -> list[str]:
    words = [
        phrases.SPELT.get(word, word)
        for word in phrases.WORD.findall(phrases.NOT.sub(_apart, fold(calling.clean(text))))
    ]
    return ["c", "est", *words[1:]] if words[:2] == ["c", "quoi"] else words


def _apart(contracted: re.Match[str]) -> str:
    stem = contracted["stem"] or ("can" if contracted[0] == "cannot" else "")
    return f"{'can' if stem == 'ca' else stem} not"


def _has(phrase: re.Pattern[str], words: list[str]) -> bool:
    return re.search(rf"\b(?:{phrase.pattern})\b", " ".join(words)) is not None


def _verb(words: list[str]) -> str:
    """What is to be done, by the first word that says so; "" if none does. One's vote is changed and taken back by voting."""
    found = [each for word in words for each, known in phrases.VERBS.items() if known.fullmatch(word)]
    if found and found[0] in ("details", "withdraw") and "vote" in found:
        return "vote"
    return found[0] if found else ""


def _asked(text: str, words: list[str]) -> Meaning | None:
    said, done = frozenset(words), _verb(words)
    signs = done == "sign" or any(map(phrases.NAMED.fullmatch, words))
    if said & phrases.WHO and signs and not said & phrases.MAY:
        return Meaning("status" if said & negation.NO else "signatories", asks=True)
    if _has(phrases.WHEN, words) or said & {"quand", "when"}:
        return Meaning("polls" if any(map(phrases.POLL.fullmatch, words)) else "deadlines", asks=True)
    if _has(phrases.STANDS, words):
        return Meaning("status", asks=True) if phrases.COSTS.isdisjoint(said) else None
    how = said & (phrases.HOW | phrases.MAY | {"where", "do"}) or phrases.WHERE.search(text)
    if done and how and not said & (negation.NO | phrases.COSTS):
        return Meaning("help", (done,), asks=True)
    if said & phrases.LETTER and (
        said & phrases.OF_A_TEXT or phrases.WHERE.search(text) or _has(phrases.TEXT, words)
    ):
        return Meaning("letter", asks=True)
    return Meaning("help", asks=True) if _has(phrases.NEW, words) else None


def _said(words: list[str]) -> Meaning | None:
    if phrases.REGRETS.fullmatch(" ".join(words)):
        return Meaning("withdraw")
    if _has(phrases.DISPUTE_BACK, words) and negation.NO.isdisjoint(words):
        return Meaning("withdraw", ("dispute",))
    words = negation.plain(words)
    turns = negation.turns(words)
    out = _has(phrases.OUT, words) if turns == 1 else not turns and _has(phrases.COUNTED_OUT, words)
    if out or (words[:1] == ["pas"] and negation.denies(words, phrases.SIGNS)):  # "pas question de signer"
        return Meaning("decline")
    if phrases.US.isdisjoint(words) and not any(map(phrases.LET_US.fullmatch, words)):
        return None
    return _said_of_us(words)


def _said_of_us(words: list[str]) -> Meaning | None:
    done = _verb(words)
    takes_part = done == "sign" or _has(phrases.IN, words)
    if done == "sign" and _has(phrases.SORRY, words) and not negation.turns(words):
        return Meaning("withdraw")
    if (
        _has(phrases.LATER, words)
        or any(map(phrases.THINKS.fullmatch, words))
        or _waits(words, takes_part=takes_part)
    ):
        return Meaning("deciding")
    off = not negation.turns(words) and _has(phrases.OFF_THE_LIST, words)
    if off or (done == "withdraw" and _takes_back(words)):
        return Meaning("withdraw")
    if not negation.turns(words):
        return _yes(words, done) if takes_part or done == "decline" else None
    refuses = (takes_part and negation.denies(words, phrases.SIGNS)) or negation.cannot(words)
    if not refuses or _has(phrases.SIGNED, words):
        return None
    return Meaning("deciding" if _has(phrases.FOR_NOW, words) else "decline")


def _takes_back(words: list[str]) -> bool:
    """Whether what is taken back is a signature: it is named, or nothing else is, in few words."""
    if not negation.NO.isdisjoint(words):
        return False
    if any(map(phrases.NAMED.fullmatch, words)):
        return True
    following = {after for verb, after in pairwise(words) if phrases.TAKES_BACK.fullmatch(verb)}
    of_others = following & phrases.ITS or not phrases.NOT_ONES_SIGNATURE.isdisjoint(words)
    return len(words) <= FEW_WORDS and _has(phrases.TAKES_BACK, words) and not of_others


def _waits(words: list[str], *, takes_part: bool) -> bool:
    """Whether somebody waits for others, or has to ask them, before they can say whether they take part."""
    others = _has(phrases.ORGAN, words)
    return (_has(phrases.WAITS, words) and (takes_part or others)) or (
        others and _has(phrases.ASKS_FIRST, words)
    )


def _yes(words: list[str], done: str) -> Meaning | None:
    """What is meant by words that seem to say that somebody takes part, or refuses to: that, or nothing of the kind."""
    if done == "decline":
        refusals = sum(phrases.VERBS["decline"].fullmatch(word) is not None for word in words)
        goes_back = refusals > 1 or _has(phrases.GOES_BACK, words)
        return Meaning("decline") if phrases.CONDITIONS.isdisjoint(words) and not goes_back else None
    if _has(phrases.SIGNED, words):
        return Meaning("signatories")
    if _has(phrases.SOME_DAY, words):
        return Meaning("deciding")
    return Meaning("sign") if phrases.HOLDS_BACK.isdisjoint(words) else None
