"""What a no among the words of a sentence says no to: the signing, something else ("no problem, we sign"), or another no.

It is taken for a refusal only where it belongs to the verb of signing and nothing turns it round again: an enthusiastic
yes that is read as a no is as wrong as the reverse. All words here are folded.
"""

from __future__ import annotations

import re

NO = frozenset(["pas", "ne", "n", "not", "non", "no", "jamais", "never", "wont", "dont", "didnt"])
"""Words that turn a sentence round."""
_STRONG = frozenset(
    [
        "pas",
        "jamais",
        "rien",
        "aucun",
        "aucune",
        "ni",
        "sans",
        "non",
        "not",
        "never",
        "no",
        "nope",
        "nan",
        "nah",
        "nor",
        "neither",
        "none",
        "nobody",
        "nothing",
        "without",
    ]
)
"""Words of which one says no and two may say yes; "ne" only goes with one of them."""

_SPEAKER = r"on|nous|j|je|we|i"
_AUXILIARY = (
    r"peut|peux|pouvons|pourr[a-z]+|va|vais|allons|veut|veux|voulons|faut|a|ai|avons|est|suis|sommes|y|en"
    r"|can|could|will|ll|wo|would|do|did|have|ve|has|are|re|am|m|is"
)
_OBSTACLE = (
    r"soucis?|problemes?|objections?|doutes?|hesitations?|reserves?|problems?|issues?|doubts?|worr(?:y|ies)"
    r"|reservations?|concerns?"
)
_TURNED = (
    r"hesit[a-z]+|tard(?:er|e|ons|era|erons)|attend[a-z]*|wait(?:ing)?|manqu[a-z]+|fail|oubli[a-z]+|forget|mind"
    r"|refus[a-z]*|declin[a-z]*|reflechi[a-z]+|rater?|miss"
)
"""Verbs that say yes to what follows them once they are denied: "on n'hésite pas à signer"."""
_ONE_OF_THEM = r"pas|plus|jamais|not|never|no longer|sans|without"
_EVER = re.compile(r"\bplus (?:envie )?que jamais\b")
"""What sounds like a no and says more than yes: "plus que jamais"."""
_SEEMS = re.compile(
    r"\b(?:"
    # no obstacle: "on n'a pas d'objection", "no doubt"
    rf"(?:(?<!s )(?P<whose>{_SPEAKER}|il|there|ca) (?:(?:ne|n|{_AUXILIARY}|pose|vois|voit|voyons|see) )+)?"
    r"(?<!pas )(?<!not )(?:pas|aucune?|zero|sans|no|not|without)"
    rf"(?: (?:de|d|du|any|a|the|un|une|la|le|moindre|slightest|shadow|of|have|see))* (?:{_OBSTACLE})"
    # what is denied is that one waits, or hesitates: "we can't wait to sign", "sans hésiter"
    rf"|(?:(?:ne|n) )?(?:(?:{_AUXILIARY}) )*(?:{_ONE_OF_THEM}) (?:(?:plus|trop|be|un instant) )*(?:{_TURNED})(?: (?:a|de|d|pour|to))?"
    rf"|(?:(?:ne|n) )?(?:{_TURNED}) (?:pas|plus|jamais)(?: (?:a|de|d|pour|to))?"
    # nothing but: "on ne peut que signer"
    r"|ne (?:peut|peux|pouvons|pourr[a-z]+) (?:que|qu)"
    r"|pas (?:qu un peu|seulement)|not only|no matter(?: what)?|sans (?:delai|faute)|without (?:further )?(?:delay|ado)"
    # it was thought about, and that is over
    r"|apres (?:[a-z]+ )?(?:reflexion|discussion|concertation|consultation|debat)|after (?:some |much )?(?:thought|discussion|consultation)"
    rf"|(?:(?P<who>{_SPEAKER}) )(?:(?:en|y) )?(?:a|ai|avons|have|ve) (?:bien |deja |en )?"
    r"(?:reflechi|parle|discute|consulte|debattu|discussed|consulted)"
    r")\b"
)
_SAID_OF_US = re.compile(
    rf"\b(?:(?:pas|hors de) question|no way|(?:pense|crois) pas|not (?:think|believe))(?: (?:de|d|que|qu|that))?(?: (?:{_SPEAKER})\b)?(?: ll\b)?"
)
"""A no that is said of a sentence and belongs to its verb: "pas question qu'on signe", "je ne pense pas qu'on signera"."""
_NO_MORE = re.compile(
    rf"\b(?P<before>{_AUXILIARY}|envie|souhaite|souhaitons|compte|comptons) plus"
    r"(?= (?:(?:envie|l intention|le droit|pouvoir|vouloir|de|d|la|le|l|y|en) )*(?:signer|participer|rejoindre)\b)"
    r"|\b(?P<verb>sign(?:e|ons|era|erai|erons)) plus(?= (?:la|cette|votre) lettre\b|$)"
)
"""A no that is spoken without "ne": "on veut plus signer", not "on signe plus vite"."""
_AGREES = re.compile(
    r"^(?:(?:ah|oh|euh|bah|ben) )?(?:non|no|nope|nan|nah)(?: (?:merci|thanks|thank you|desolee?s?|sorry))? "
)

_BETWEEN = (
    rf"{_AUXILIARY}|pouvoir|vouloir|envie|intention|voudr[a-z]+|souhait[a-z]+|desir[a-z]+|compt(?:e|ons)|prevu|sera|serai|serons|serait|en mesure"
    r"|prets?|pretes?|dispos[a-z]+|moyens?|droit|mandat|position|de|d|du|des|la|le|l|les|au|vraiment|certainement|du tout"
    r"|donc|finalement|malheureusement|be|going|to|able|want|wish|ready|prepared|plan(?:ning)?|intend(?:ing)?|like|really"
    r"|the|in a|this|that|faire|partie"
)
"""What may stand between a no and its verb; a new subject may not."""
_BEHIND = r"vraiment|certainement|donc|finalement|malheureusement|toujours|surement"
_ABLE = r"peut|peux|pouvons|pourra|pourrai|pourrons|can"
_AT_THE_END = (
    r"malheureusement|helas|unfortunately|sorry|desolee?s?|cette|fois|ci|this|time|pour|for|nous|us|moi|me|merci|thanks"
    r"|la|le|l|y|en|de|d|signer|sign|participer|join|faire|do|that|it|ca|cela|the|letter|lettre"
)


def plain(words: list[str]) -> list[str]:
    """The words of a sentence without those that only seem to say no, or that leave no doubt behind."""
    text = _EVER.sub("", " ".join(words))
    text = " ".join(_SEEMS.sub(lambda one: one["whose"] or one["who"] or "", text).split())
    text = _SAID_OF_US.sub("pas", text)
    text = _NO_MORE.sub(lambda one: f"{one['before'] or one['verb']} pas", text)
    rest = _AGREES.sub("", text)
    return (rest if NO & frozenset(rest.split()) else text).split()


def turns(words: list[str]) -> int:
    """How many times a sentence is turned round, as far as its words show it."""
    nes = sum(word in ("ne", "n") for word in words)
    return max(nes, sum(word in _STRONG for word in words))


def denies(words: list[str], verb: str) -> bool:
    """Whether a sentence says no once, and to a verb (a pattern)."""
    text = " ".join(words)
    return turns(words) == 1 and any(
        re.search(rf"\b(?:{pattern})", text)
        for pattern in (
            rf"(?:ne|n) (?:(?:la|le|l|les|y|en|s|se|nous) )*(?:{verb})\b(?! qu?e?\b)",
            rf"(?:{verb}) (?:(?:{_BEHIND}) )*(?:pas|jamais|rien|aucune?|not|never)\b(?! (?:que|qu|only)\b)",
            rf"(?:pas|jamais|plus|not|never|no longer) (?:(?:{_BETWEEN}) )*(?:{verb})\b",
        )
    )


def cannot(words: list[str]) -> bool:
    """Whether a sentence says, or ends by saying, that something cannot be done, and no more than that."""
    able = (
        rf"(?:{_ABLE}) (?:(?:{_BEHIND}) )*(?:pas|not)|(?:pas|not) (?:be |etre )?(?:able|possible|en mesure)"
    )
    return (
        turns(words) == 1 and re.search(rf"\b(?:{able})(?: (?:{_AT_THE_END}))*$", " ".join(words)) is not None
    )
