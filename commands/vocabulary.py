"""The words of each language: option names and choices, which people type, and what stands for an argument in help.

Command names stand with their command.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from campaign.decision import ANSWERS, PARAMETERS

OPTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "fr": {
        "campaign": ("campagne",),
        "domain": ("domaine",),
        "funded": ("financement", "finance"),
        "leaning": ("penchant", "avis"),
        "mandate": ("mandat",),
        "publish": ("publier", "publication"),
        "note": ("note", "remarque"),
        "reason": ("raison", "motif"),
        "same": ("comme", "identique"),
        "source": ("source", "sources"),
        "tell": ("dire", "prevenir"),
        "closes": ("cloture", "jusqua"),
        "organisation": ("organisation", "orga", "asso", "association"),
        "role": ("role", "fonction"),
        "status": ("statut",),
        "testimony": ("temoignage",),
        "url": ("site", "lien"),
        "poll": ("scrutin",),
        "question": ("question",),
        "signs": ("signe", "signer"),
        "starts": ("des", "debut", "apartirdu"),
        **{name: one.french for name, one in PARAMETERS.items()},
    },
    "en": {"starts": ("from", "start")},
}
"""Language → option → what may be typed for it, folded; the first is shown in help."""

LABELS: dict[str, dict[str, str]] = {
    "fr": {
        "about": "mots",
        "at": "date",
        "choice": "choix",
        "code": "code",
        "command": "commande",
        "count": "nombre",
        "day": "date",
        "days": "dates",
        "label": "libellé",
        "language": "langue",
        "name": "nom",
        "names": "noms",
        "number": "numéro",
        "organisation": "organisation",
        "poll": "scrutin",
        "question": "question",
        "reference": "référence",
        "row": "numéro",
        "setting": "réglage",
        "signature": "signature",
        "text": "texte",
        "until": "date",
        "version": "version",
        "who": "adresse",
        "why": "pourquoi",
    },
}
"""Language → parameter that is said without its name → what stands for it in help; nobody types it."""

CHOICES: dict[str, dict[str, tuple[str, ...]]] = {
    "fr": {
        "direct": ("direct", "directe", "directement"),
        "indirect": ("indirect", "indirecte", "indirectement"),
        "none": ("aucun", "aucune", "non", "rien"),
        "publish": ("publier", "publication", "nom"),
        "contact": ("contact", "contacter"),
        "yes": ("oui", "favorable", "pour"),
        "no": ("non", "defavorable", "contre"),
        **ANSWERS["fr"],
        "consensus": ("consensus",),
        "lazy": ("tacite", "paresseux"),
        "majority": ("majorite",),
        "veto": ("veto",),
        "two-thirds": ("deux-tiers", "deuxtiers", "2/3"),
        "collective": ("collectif",),
        "integrated": ("integree", "integre"),
        "retract": ("retirer", "annuler", "reprendre"),
        "all": ("tout", "tous"),
        "signed": ("signee", "signe", "signees", "signes", "signataires"),
        "declared": ("declaree", "declare", "declarees", "declares"),
        "silent": ("silencieuse", "silencieux", "silencieuses", "muets", "sans reponse", "sansreponse"),
        "deciding": ("enreflexion", "en reflexion", "reflexion"),
        "declined": ("refusee", "refuse", "refusees", "refuses"),
        "withdrawn": ("retiree", "retire", "retirees", "retires", "levee", "leve"),
        "csv": ("csv",),
        "json": ("json",),
        "markdown": ("markdown", "md"),
        "room": ("salon", "ici", "public"),
        "private": ("prive", "message"),
        "off": ("non", "jamais", "stop"),
        "on": ("oui", "normal", "reprendre"),
        "fr": ("fr", "francais"),
        "en": ("en", "anglais"),
    },
    "en": {
        **ANSWERS["en"],
        "two-thirds": ("two-thirds", "2/3"),
        "retract": ("retract", "cancel"),
        "all": ("all", "everything"),
        "room": ("room", "here", "public"),
        "private": ("private", "privately"),
        "off": ("off", "no", "never", "none", "stop"),
        "on": ("on", "yes", "usual", "normal"),
        "markdown": ("markdown", "md"),
        "fr": ("fr", "french"),
        "en": ("en", "english"),
    },
}
"""Language → choice → what may be typed for it, folded; the first is shown in help."""


YES = frozenset({"oui", "ok", "d'accord", "daccord", "yes", "yep", "✅"})
NO = frozenset({"non", "no", "annuler", "cancel"})
"""What is said in reply to a question of the bot's, folded, in any language."""

LONGEST_WORD = 64
"""Characters up to which it is remembered what a word is compared by: a flood of long ones must not fill the memory."""


def fold(word: str) -> str:
    """What a word is compared by: no case, no accents, no punctuation around it."""
    return _remembered(word) if len(word) <= LONGEST_WORD else _fold(word)


def _fold(word: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(c))
    return bare.strip(" .,;:!?\"'`")


_remembered = lru_cache(maxsize=4096)(_fold)


def option_words(option: str) -> set[str]:
    """Everything that may be typed for an option, in any language."""
    return {option, *(word for words in OPTIONS.values() for word in words.get(option, ()))}


def read_choice(word: str, choices: tuple[str, ...]) -> str | None:
    """Which of these choices was typed, in any language; None if none of them."""
    typed = fold(word)
    if typed in choices:
        return typed
    for words in CHOICES.values():
        for choice in choices:
            if typed in words.get(choice, ()):
                return choice
    return None


def choice_words(choice: str) -> set[str]:
    """Everything that may be typed for a choice, in any language."""
    return {choice, *(word for words in CHOICES.values() for word in words.get(choice, ()))}


def in_language(word: str, language: str) -> str:
    """An option or choice as help shows it in a language."""
    for table in (OPTIONS, CHOICES):
        words = table.get(language, {}).get(word)
        if words:
            return words[0]
    return word
