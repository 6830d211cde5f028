"""What says only in which legal form an organisation exists, in the law and the habits of several countries."""

from __future__ import annotations

_FIRST = {
    "fr": "association asso assoc sas sasu sarl eurl scop scic gie",
    "be": "asbl aisbl vzw ivzw vereniging",
    "de ch": "verein",
    "es": "asociacion associacio",
    "it": "associazione aps odv onlus",
    "pt": "associacao",
}
_LAST = {
    "fr": "sa snc sci sca scs scea gaec earl selarl geie",
    "be": "sprl scrl bv bvba cvba nv",
    "ch": "sagl",
    "de": "ev gmbh ggmbh ug ag gag kg ohg eg gbr kgaa",
    "en": "ltd limited llc llp plc inc incorporated corp corporation cic cio",
    "es": "sl slu sll slne sau scoop scl",
    "it": "srl srls spa sapa scarl scrl ets asd ssd",
    "pt": "lda",
}
_PHRASES = (
    "loi de 1901",
    "loi 1901",
    "loi du 1er juillet 1901",
    "loi 1908",
    "a but non lucratif",
    "sans but lucratif",
    "droit local",
    "s coop",
    "soc coop",
    "societa cooperativa",
    "sociedad cooperativa",
    "sociedad limitada",
    "sociedad anonima",
    "societe anonyme",
    "societe cooperative",
    "a r l",
    "eingetragener verein",
    "eingetragene genossenschaft",
    "gemeinnutzige gmbh",
    "gmbh co kg",
    "haftungsbeschrankt",
    "zonder winstoogmerk",
    "community interest company",
    "sin animo de lucro",
    "senza scopo di lucro",
)

LEGAL_FIRST = frozenset(word for words in _FIRST.values() for word in words.split())
"""Folded words that say nothing but the legal form when a name begins with them."""
LEGAL = LEGAL_FIRST | {word for words in _LAST.values() for word in words.split()}
"""Folded words that say nothing but the legal form when a name ends with them.

Only those that nobody would take for a part of the name: not "SC", "SE" or "coop", nor bodies such as "Fondation" or
"Stiftung", of which one town may have two.
"""
LEGAL_PHRASES = tuple(
    sorted((tuple(phrase.split()) for phrase in _PHRASES), key=lambda words: (-len(words), words))
)
"""The same in several words, the longest first."""
LONGEST_SPELLED = max(map(len, LEGAL))
"""Letters of the longest form that may stand letter by letter: "s a r l"."""
