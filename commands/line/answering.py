"""An answer to a poll with words behind it: what they are a reason for, and whether they may turn it round."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from commands.line.calling import asks, clean
from commands.vocabulary import LEADS, NO, YES, fold, is_answer, read_choice

if TYPE_CHECKING:
    from collections.abc import Sequence


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_STOPS = "!?.,;:…"
_SHORT = 6
"""So few words hold no more than one thing."""
_PARTS = frozenset({":", ";", "-", "--"})
"""What parts an answer from its reason, alone between two spaces."""
_WHY = frozenset({"because", "since", "as", "car", "parce", "puisque"})
"""What begins a reason."""
_SIDES = frozenset({"pour", "contre", "for", "against"})
"""Answers that are words of any sentence too: "trop tôt pour nous"."""
_WITHIN = _SIDES | {"no"}
"""Answers that are another's only where nothing follows, or behind "is": "for us no", "nous sommes contre"."""
_IS = frozenset({"est", "suis", "sommes", "am", "are", "is", "m", "re", "s"})
_NONE = _set(
    "no not non pas aucun aucune sans without rien nothing none never jamais nor ni personne nobody cannot t"
)
"""What turns the word behind it round, or stands for nothing at all."""
_NAUGHT = frozenset({"rien", "aucun", "aucune", "none", "nothing"})
_WITHOUT = frozenset({"sans", "without"})
_AT_ALL = _NONE | _set("du tout at all vraiment really absolument absolutely")
_WERE_NOT_TO = re.compile(
    r"\b(?:ne (?:pas|plus|jamais|rien)(?: \w+)? \w+(?:er|ir|re|oir)|not (?:to \w+|\w+ing)|without \w+ing|sans \w+(?:er|ir|re|oir))\b"
)
"""What somebody is for or against that is itself turned round: "le fait de ne pas signer"."""
_IF = _set("si s if sauf unless except attendez attends wait")
"""What takes back a part of the answer it follows, or all of it."""
_UNSURE = re.compile(r"\b(?:hesit[a-z]+|pardon|oups|oops|trompee?s?)\b")
_LATER = re.compile(r"(?:plus tard|later|demain|tomorrow|infos?)\b")
"""What follows "for" in another sense: "pour info"."""
_OURS = _set("moi nous me us ma mon notre my our l instant le moment the now")
"""Whose view follows on "for", or of when: "pour moi", "for now"."""
_OF_COURSE = _set(
    "i we it its this that they you there the our my because as since but and if unless until for in at too not never"
    " no nope thanks thank sorry way please"
)
"""What goes on after "no" where that is the answer; anything else is what there is none of: "no problem"."""
_NO_TROUBLE = re.compile(
    r"\b(?:(?:no|not|any|pas|aucune?s?|sans|without|zero|nothing|rien)(?: \w+){0,2}?"
    r" (?:problem\w*|soucis?|worr(?:y|ies)|issues?|objections?|inconvenients?|reserves?|concerns?|doubts?|doutes?|trouble"
    r"|obstacles?|hesitations?|contre|against|oppos\w+|objecte\w*|desaccord|disagree\w*|mind)"
    r"|(?:nothing|rien)(?: \w+){0,2}? (?:(?:re)?dire|say|add|ajouter))\b"
)
_ALL_RIGHT = re.compile(
    r"\b(?<!pas )(?<!pas d )(?<!not )(?<! t )(?:c est (?:bon|ok|tout bon)|tout va bien|ca (?:nous |me )?(?:va|convient)(?! pas)"
    r"|d accord|daccord|ok|okay|fine|all good|parfait|go ahead|allez y|agree)\b"
)
"""What somebody says who is asked whether anything stands against it."""


_MISTAKEN = re.compile(
    r"\b(?:voul(?:ais|ions) (?:dire|voter|mettre|repondre)|(?:i|we) meant|(?:suis|sommes) tromp\w+|par erreur|by mistake"
    r"|(?:mon|notre|my|our) (?:erreur|mistake|error)|fausse manip\w*|oups|oops|misclick\w*|(?:mauvais|wrong) (?:bouton|button)"
    r"|laisse[zr]? tomber|never ?mind|forget it)\b"
    r"|^(?:(?:ah|non|no|pardon|sorry|en fait|finalement|actually|je|on|nous|i|we) )*(?:(?:re)?tir\w+|annul\w+|withdraw\w*|cancel|retract)\b"
)
_NO_SUCH = re.compile(
    r"\b(?:no|not|any|pas|aucune?s?|sans|without|rien|nothing|jamais|never)(?: \w+){0,2}? "
    r"(?:problem\w*|soucis?|inconvenients?|reserves?|concerns?|issues?|worr(?:y|ies)|contre|against|desaccord|oppos\w+|object\w*)\b"
)
"""Said behind an answer that is against something, it may take that back."""
_AGAINST = frozenset({"against", "objection", "concern", "disagree", "block"})
_BUT = frozenset({"mais", "but"})


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9+-]+", fold(clean(text)))


def parted(text: str) -> tuple[str, str] | None:
    """The answer and the reason of a text that parts them ("réserve : trop court"); None if it does not, or only asks.

    A comma behind yes or no is a sentence's: who says that may speak to somebody else.
    """
    words = [word for word in clean(text).split() if word != '"']
    at = next((place for place, word in enumerate(words) if fold(word) not in LEADS), None)
    if at is None or asks(text):
        return None
    answer, behind = words[at].rstrip(_STOPS), words[at + 1 :]
    sign = words[at][len(answer) :]
    if behind and not sign and behind[0] in _PARTS:
        sign, behind = ":", behind[1:]
    is_parted = (
        sign in (":", ";")
        or (sign in (",", ".") and fold(answer) not in YES | NO)
        or (behind and (fold(behind[0]) in _WHY or behind[0].startswith("(")))
    )
    return (
        (answer, " ".join(behind).lstrip("(").removesuffix(")"))
        if behind and is_parted and is_answer(answer)
        else None
    )


def turns_round(word: str) -> bool:
    """Whether a word turns round what follows it, however near it is to an answer: "not against"."""
    return fold(word) in _NONE


def is_doubtful(answered: str, said: str, reason: Sequence[str], choices: tuple[str, ...]) -> bool:
    """Whether these words behind an answer may mean another: "no problem", "pour l'instant non", "objection : aucune".

    What was `answered`, by which one of the choices is `said`, is as it was typed: with a sign behind it the reason
    begins anew there.
    """
    word, behind = fold(answered), _words(" ".join(reason))
    if not behind:
        return False
    is_bare = answered[-1:].isalnum() and reason[0][:1].isalnum()
    if len(reason) == 1 and is_bare and is_answer(reason[0]) and read_choice(reason[0], choices) != said:
        return True
    return (
        _names_another(reason, said, choices)
        or is_nothing(answered, reason)
        or takes_back(said, reason)
        or (word in NO and _is_no_trouble(word, behind, is_bare=is_bare))
        or (is_bare and _goes_on(word, behind))
        or (is_bare and word not in NO and behind[0] in _IF)
        or (is_bare and word in _SIDES | YES | NO and _UNSURE.search(" ".join(behind)) is not None)
    )


def _names_another(reason: Sequence[str], said: str, choices: tuple[str, ...]) -> bool:
    """Whether another answer stands somewhere in a reason; not what is turned round ("pas contre")."""
    for place, typed in enumerate(reason):
        other = read_choice(typed, choices)
        if other in (None, said) or not is_answer(typed) or fold(typed)[-1].isdigit():
            continue
        before = _words(" ".join(reason[:place]))[-2:]
        if any(each in _NONE for each in before):
            continue
        after = _words(" ".join(reason[place + 1 : place + 3]))
        ours = after[:1] in (["pour"], ["for"]) and after[1:] in (["nous"], ["moi"], ["us"], ["me"])
        ends = place == len(reason) - 1 or not typed[-1].isalnum() or ours
        if fold(typed) not in _WITHIN or ends or (before and before[-1] in _IS):
            return True
    return False


def is_nothing(answered: str, reason: Sequence[str]) -> bool:
    """Whether what stands behind an answer says that there is none, and no more: "objection : aucune", not "non, pas du tout"."""
    behind = _words(" ".join(reason))
    if not behind or behind[0] not in _NONE or not _AT_ALL.issuperset(behind):
        return False
    return fold(answered) not in NO or not _NAUGHT.isdisjoint(behind)


def takes_back(said: str, reason: Sequence[str]) -> bool:
    """Whether what stands behind an answer, one of the choices, may take it back: "je voulais dire oui", "pas d'objection".

    A reserve without an objection, or an objection to a part ("pas de problème de fond, mais …"), is one all the same.
    """
    words = _words(" ".join(reason))
    text = " ".join(words)
    if _MISTAKEN.search(text):
        return True
    found = _NO_SUCH.search(text) if said in _AGAINST and _BUT.isdisjoint(words) else None
    if found is None:
        return False
    own = read_choice(found[0].split()[-1].removesuffix("s"), (said,)) is not None
    of_an_objection = found[0].split()[-1].startswith(("object", "oppos"))
    return own or (len(words) <= _SHORT and not (said == "concern" and of_an_objection))


def _is_no_trouble(word: str, behind: list[str], *, is_bare: bool) -> bool:
    """Whether "no" may answer what somebody has against it, and not what is put to the vote."""
    text = " ".join([word, *behind] if is_bare else behind)
    return _NO_TROUBLE.search(text) is not None or _ALL_RIGHT.search(text) is not None


def _goes_on(word: str, behind: list[str]) -> bool:
    """Whether a word that answers is rather the first of a phrase: "no problem", "pour rien au monde", "for us it is not"."""
    if word == "no":
        return behind[0] not in _OF_COURSE
    if word in _SIDES and behind[0] in _NONE - _WITHOUT:
        return True
    if word in _SIDES and behind[0] not in _WHY and _WERE_NOT_TO.search(" ".join(behind)):
        return True
    of_ours = behind[0] in _OURS and not _NONE.isdisjoint(behind)
    return word in ("pour", "for") and (of_ours or _LATER.match(" ".join(behind)) is not None)
