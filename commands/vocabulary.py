"""The words of each language: option names and choices, which people type, and what stands for an argument in help.

Command names stand with their command.
"""

from __future__ import annotations

import re
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
        "closes": ("clôture", "jusqua"),
        "organisation": ("organisation", "orga", "asso", "association"),
        "role": ("rôle", "fonction"),
        "status": ("statut",),
        "testimony": ("témoignage",),
        "url": ("site", "lien"),
        "poll": ("scrutin",),
        "question": ("question",),
        "signs": ("signe", "signer"),
        "starts": ("dès", "debut", "apartirdu"),
        **{name: one.french for name, one in PARAMETERS.items()},
    },
    "en": {"starts": ("from", "start")},
}
"""Language → option → what may be typed for it, compared folded; the first is shown in help."""

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
        "consent": (*ANSWERS["fr"]["consent"], "oui", "d'accord", "daccord", "accord"),
        "consensus": ("consensus",),
        "lazy": ("tacite", "paresseux"),
        "majority": ("majorité",),
        "veto": ("veto",),
        "two-thirds": ("deux-tiers", "deuxtiers", "2/3"),
        "collective": ("collectif",),
        "integrated": ("intégrée", "integre"),
        "retract": ("retirer", "annuler", "reprendre"),
        "all": ("tout", "tous"),
        "signed": ("signée", "signe", "signees", "signes", "signataires"),
        "declared": ("déclarée", "declare", "declarees", "declares"),
        "silent": ("silencieuse", "silencieux", "silencieuses", "muets", "sans reponse", "sansreponse"),
        "deciding": ("enréflexion", "en reflexion", "reflexion"),
        "declined": ("refusée", "refuse", "refusees", "refuses"),
        "withdrawn": ("retirée", "retire", "retirees", "retires", "levee", "leve"),
        "csv": ("csv",),
        "json": ("json",),
        "markdown": ("markdown", "md"),
        "room": ("salon", "ici", "public"),
        "private": ("privé", "message"),
        "off": ("non", "jamais", "stop"),
        "on": ("oui", "normal", "reprendre"),
        "fr": ("fr", "francais"),
        "en": ("en", "anglais"),
    },
    "en": {
        **ANSWERS["en"],
        "consent": (*ANSWERS["en"]["consent"], "yes", "ok"),
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
"""Language → choice → what may be typed for it, compared folded; the first is shown in help."""


YES = frozenset({"oui", "ok", "d'accord", "daccord", "yes", "yep", "✅"})
NO = frozenset({"non", "no", "annuler", "annulez", "annule", "cancel"})
NO_THANKS = re.compile(
    r"(?:non|no|nope|nan)(?:[ ,;.!]+(?:non|no|merci|thanks?|thank you|surtout pas|pas du tout|pas maintenant|attend[sez]+|laisse[zr]?|stop|wait))+"
    r"|surtout pas|certainement pas|pas du tout|certainly not|not at all"
)
"""A no in more words; anything said behind it is looked at by itself."""
"""What is said in reply to a question of the bot's, folded, in any language."""

LEADS = frozenset(
    {
        *(
            "et",
            "avec",
            "je",
            "nous",
            "on",
            "vote",
            "votons",
            "dis",
            "suis",
            "sommes",
            "ma",
            "notre",
            "reponse",
            "est",
        ),
        *("and", "with", "i", "we", "am", "are", "say", "my", "our", "answer", "is"),
    }
)
"""What may lead up to an answer to a poll (folded), and says nothing of it: "et oui", "je suis contre"."""

AKIN: dict[str, tuple[str, ...]] = {
    "sign": (
        *("participer", "rejoindre", "join", "signature", "je signe", "nous signons", "on signe"),
        *("i sign", "we sign"),
    ),
    "deciding": (
        *("hesiter", "reflechir", "consulter", "hesitate", "consult"),
        *("on reflechit", "nous reflechissons", "pas encore", "not yet", "plus tard", "later"),
    ),
    "decline": ("on refuse", "nous refusons", "we decline"),
    "dispute": ("contest",),
    "ask": ("une question", "j'ai une question", "a question"),
    "context": ("faq",),
    "signatories": ("liste", "list", "qui a signe", "who signed"),
    "deadlines": ("date limite", "dates"),
    "verify": ("valider", "accepter", "accept", "approve"),
    "remind now": ("relancer", "relance"),
    "withdraw": (
        *("annuler", "annulez", "annule", "cancel", "undo", "supprimer", "effacer", "delete", "remove"),
        *("je retire", "nous retirons", "desinscrire", "desister"),
    ),
    "vote": (
        *("changer", "modifier", "change", "modify", "edit"),
        *("je vote", "nous votons", "on vote", "i vote", "we vote"),
    ),
    "vote retract": ("annuler", "annulez", "annule", "cancel", "undo"),
    "vote objection": ("objecter", "object"),
    "details": ("changer", "modifier", "change", "modify", "edit", "corriger", "completer", "complete"),
    "status": ("resultat", "resultats", "result", "results"),
    "polls": ("resultat", "resultats", "result", "results"),
    "language": ("changer", "change"),
    "reminders off": (
        *("stop", "arreter", "desabonner", "unsubscribe", "unsubscribe me"),
        *(
            "desabonne moi",
            "desabonne-moi",
            "desabonnez moi",
            "desabonnez-moi",
            "plus de rappels",
            "no more reminders",
        ),
    ),
    "deadline": ("reporter", "repousser", "prolonger", "postpone", "extend"),
    "mydata": ("rgpd", "gdpr"),
    "forgetme": (
        *("supprimer", "effacer", "delete", "remove", "rgpd", "gdpr", "delete my data", "erase my data"),
        *("supprime mes donnees", "supprimez mes donnees", "supprimer mes donnees"),
        *("efface mes donnees", "effacez mes donnees", "effacer mes donnees"),
    ),
    "help": ("commandes", "menu", "commands", "au secours", "aide-moi", "aidez-moi"),
}
"""Command, with words of its own → what may be typed for it (folded) and is no command: asked about, never taken for it."""
HOW = frozenset({"comment", "how"})
"""What begins a question how something is done (folded)."""
LONGEST_AKIN = 3
"""Words of which such a thing may consist."""

NOBODYS_NAME = frozenset(
    {
        *("la lettre", "cette lettre", "la lettre ouverte", "lettre", "the letter", "this letter", "letter"),
        *("svp", "s'il vous plait", "s'il te plait", "stp", "please", "merci", "thanks", "thank you"),
        *("oui", "ok", "yes", "d'accord", "avec plaisir", "volontiers", "with pleasure", "gladly"),
        *(
            "ca",
            "ceci",
            "this",
            "it",
            "moi",
            "moi aussi",
            "me",
            "me too",
            "nous",
            "nous aussi",
            "us",
            "us too",
        ),
        *("pour nous", "for us", "pour moi", "for me", "pour mon asso", "mon asso", "notre asso"),
        *("mon association", "notre association", "pour mon association", "pour notre association"),
        *("au nom de mon association", "au nom de notre association", "au nom de mon asso"),
        *("mon organisation", "notre organisation", "pour mon organisation", "pour notre organisation"),
        *("my organisation", "our organisation", "for my organisation", "for our organisation"),
    }
)
"""What is said where a name could stand (folded), and names nobody: the speaker's own organisation is meant, if any."""

SECOND_WORDS: dict[str, tuple[str, ...]] = {
    "open": ("creer", "nouveau", "lancer", "create", "new", "start"),
    "add": ("creer", "nouvelle", "create", "new"),
    "close": ("fermer", "cloturer", "terminer", "finir", "arreter", "end", "finish", "stop"),
    "cancel": ("supprimer", "effacer", "delete", "remove"),
    "drop": ("supprimer", "effacer", "jeter", "delete", "remove"),
    "merge": ("reunir", "joindre", "join"),
    "show": ("voir", "afficher", "see"),
}
"""The same of the second word of commands."""

BELONGINGS: dict[str, tuple[str, ...]] = {
    "signature": ("signature",),
    "vote": ("vote", "voix", "bulletin", "ballot"),
    "objection": ("objection",),
    "dispute": ("contestation", "dispute", "contestations", "disputes"),
}
"""What somebody may call their own, in English → what is said for it, folded, in French first: "mon vote", "my signature"."""
_OF = frozenset(
    {"de", "du", "d", "of", "about", "contre", "against", "la", "the", "signature", "no", "n", "n°"}
)
"""What may stand between a dispute and the signature that it is about."""
_OWN = frozenset({"mon", "ma", "notre", "le", "la", "my", "our", "the"})

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
    """Everything that may be typed for an option, folded, in any language."""
    return {option, *(fold(word) for words in OPTIONS.values() for word in words.get(option, ()))}


def read_choice(word: str, choices: tuple[str, ...]) -> str | None:
    """Which of these choices was typed, in any language; None if none of them."""
    typed = fold(word)
    if typed in choices:
        return typed
    for words in CHOICES.values():
        for choice in choices:
            if typed in map(fold, words.get(choice, ())):
                return choice
    return None


def is_answer(text: str) -> bool:
    """Whether this is what may be typed for an answer to a poll, in any language, and nothing else."""
    typed = fold(text)
    every = (words for answers in ANSWERS.values() for words in answers.items())
    return any(typed in (choice, *map(fold, words)) for choice, words in every)


def choice_words(choice: str) -> set[str]:
    """Everything that may be typed for a choice, in any language."""
    return {choice, *(word for words in CHOICES.values() for word in words.get(choice, ()))}


def belonging(text: str) -> str | None:
    """What of their own somebody speaks of, in English ("vote" for "mon vote"); None if of nothing of the kind."""
    words = [fold(word) for word in text.split()]
    if len(words) > 1 and words[0] in _OWN:
        del words[0]
    return next((each for each, said in BELONGINGS.items() if len(words) == 1 and words[0] in said), None)


def of_dispute(text: str) -> str | None:
    """What follows "my dispute of": a name, a number, or nothing; None if a text does not begin so."""
    words = text.split()
    if words and fold(words[0]) in _OWN:
        del words[0]
    if not words or fold(words[0]) not in BELONGINGS["dispute"]:
        return None
    del words[0]
    while words and fold(words[0]) in _OF:
        del words[0]
    return " ".join(words)


def in_language(word: str, language: str) -> str:
    """An option or choice, or what belongs to somebody, as help shows it in a language."""
    for table in (OPTIONS, CHOICES):
        words = table.get(language, {}).get(word)
        if words:
            return words[0]
    return BELONGINGS[word][0] if language == "fr" and word in BELONGINGS else word
