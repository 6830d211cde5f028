"""What a whole sentence answers to a poll: one answer, none, or one that is not clear: "finalement on est contre"."""

from __future__ import annotations

import re

from commands.line.calling import asks, clean
from commands.vocabulary import BELONGINGS, LEADS, NO, YES, fold, is_answer, read_choice

RETRACT = "retract"
"""What is answered by who takes their answer back, as if it were one."""
UNCLEAR = ""
"""What is answered by words that name an answer, and may mean another, or nothing of the kind."""
SHORT = 4
"""So few words about an answer are said to answer, whoever speaks."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_PHRASES = re.compile(
    r"\b(?:en fait|au final|du coup|bien sur|sans hesit\w+|tout a fait|quand meme|apres reflexion|cette fois|a la place"
    r"|(?:pour|de|a) (?:ma|notre|mon) (?:part|cote)|pour (?:moi|nous)|in fact|in the end|of course|after all|for (?:me|us)"
    r"|on second thoughts?|without hesitation|a (?=(?:yes|no)\b))\b"
)
"""What says that somebody has thought again, means it, or speaks for themselves; and nothing of what they answer."""
_SURELY = _set(
    "finalement evidemment plutot clairement vraiment absolument totalement completement entierement pleinement resolument"
    " fermement definitivement certainement toujours desormais maintenant aussi actually finally obviously rather instead"
    " definitely clearly really strongly firmly totally completely entirely fully absolutely certainly still now indeed also too"
)
_SAYS = _set("vote votes voter votons voting dis dit disons say says est suis sommes am are is m re s c")
"""What stands right before an answer that is given: "c'est non"."""
_OURS = _set(
    "j mon moi me us to it ce d veux voulons want mets mettez notez put down as voix avis choix choice mind"
)
_CHANGES = _set("change changes changer changeons modifie modifier modifions changing switch")
_LEADS = LEADS | _SURELY | _SAYS | _OURS | _CHANGES | frozenset(BELONGINGS["vote"])
_ASIDE = _set(
    "ah oh oups oops pardon desole desolee desoles sorry merci thanks thank you svp stp please bonjour salut hello hi bon ben"
    " bah eh alors donc well so then"
)
"""What is said beside an answer; with yes or no it is talk: "ok merci", "ah oui"."""
_TAKES_BACK = _set(
    "retire retirer retirez retirons annule annuler annulez annulons reprends reprenons cancel withdraw retract undo"
)
_BARE = YES | NO | {"accord", "nope", "yep"}
_SIDES = frozenset({"pour", "contre", "for", "against"})
"""Answers that are words of any sentence too: "trop tôt pour nous", "pour info"."""
_BUT = _set("mais but si if sauf except unless sous")
_US = _set("je j on nous notre nos mon ma i we our my us")
_WONDERS = _set("qui who pourquoi why comment how quoi what quel quelle which")
_ABSTAINS = re.compile(r"abst(?:iens|ient|enons|enir|ain(?:s|ing)?)")
_FAVOURS = ("for", "consent", "agree"), ("against", "disagree")
"""What yes and no say once more: "oui, pour"."""


def view(text: str) -> str | None:
    """The one answer that a sentence gives, as typed, or `RETRACT`; `UNCLEAR` if it names one otherwise, None if none.

    Who asks gives none. One that some poll has is an answer, whether this one has it or not.
    """
    typed = re.findall(r"[^\s'\"]+", re.sub(r" (?=[!.,;:…])", "", clean(text)))
    said = " ".join(_words(text))
    if not said or asks(text) or said.partition(" ")[0] in _WONDERS:
        return None
    words = _PHRASES.sub(" ", said).split()
    left = [word for word in words if word not in _LEADS]
    answers = _without_echo([word for word in dict.fromkeys(left) if word not in _ASIDE])
    if len(answers) == 1 and _is_answer(answers[0]):
        if answers[0] not in _BARE or not _ASIDE.intersection(left):
            return "abstain" if _ABSTAINS.fullmatch(answers[0]) else answers[0]
        return None
    of_a_vote = not frozenset(BELONGINGS["vote"]).isdisjoint(words)
    if of_a_vote and len(answers) == 1 and answers[0] in _TAKES_BACK:
        return RETRACT
    changes = of_a_vote and not answers and not _CHANGES.isdisjoint(words)
    alone = not words and not _SIDES.isdisjoint(said.split())
    return UNCLEAR if changes or alone or _names(typed) else None


def is_bare(word: str) -> bool:
    """Whether an answer is no more than a yes or a no, which may be said to anything."""
    return fold(word) in _BARE


def corrected(text: str) -> str | None:
    """The same of what follows a "no" to what the bot noted, where that is one clear answer: "non, pour !"."""
    rest = re.sub(
        r"^\W*(?:(?:ah|oh|oups|oops|mais|but)\W+)*(?:non|no|nope)\b\W*", "", text, flags=re.IGNORECASE
    )
    answered = view(rest) if rest != text else None
    return answered if answered and not is_bare(answered) else view(text)


def _words(text: str) -> list[str]:
    folded = re.sub(r"\bd'accord\b", "accord", fold(clean(text)))
    return re.findall(r"[+-]?[a-z0-9]+(?:-[a-z0-9]+)*", folded)


def _is_answer(word: str) -> bool:
    return is_answer(word) or _ABSTAINS.fullmatch(word) is not None


def _without_echo(words: list[str]) -> list[str]:
    """The words without a yes or no that only says once more what the other one does: "oui, pour"."""
    for said, favours in zip((YES | {"accord"}, NO), _FAVOURS, strict=True):
        others = [word for word in words if word not in said]
        if len(others) == 1 and is_answer(others[0]) and read_choice(others[0], favours):
            return others
    return words


def _names(typed: list[str]) -> bool:
    """Whether an answer stands in a sentence as one that is given, or nearly."""
    words = [fold(word) for word in typed]
    for place, word in enumerate(words):
        if not _is_answer(word) or word[-1:].isdigit():
            continue
        before, after = ["", *words][place], [*words, ""][place + 1]
        given = before in _SAYS or after in _BUT
        if word in _BARE:
            if given:
                return True
            continue
        ends = place == len(words) - 1 or not typed[place][-1].isalnum()
        if word in _SIDES:
            if given or ends or before in _SURELY:
                return True
            continue
        if ends or not place or len(words) <= SHORT or not _US.isdisjoint(words):
            return True
    return False
