"""What a whole sentence is about that is put to the bot and is no command: "comment on signe ?", "count us in".

By the words it has, in any order, and never by what it means as a whole: so what it asks to know is answered, and what
it says is asked about. With a word in it that says no it is never taken for a yes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from commands.line import calling, negation
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


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_NOT = re.compile(
    r"\b(?P<stem>ca|wo|do|does|did|is|are|was|were|have|has|had|would|should|could)n'?t\b|n't\b|\bcannot\b"
)
_WORD = re.compile(r"[a-z0-9]+")
_WHERE = re.compile(r"\boù\b", re.IGNORECASE)
"""Looked for before accents are taken away: "ou" is "or"."""
_FOR = re.compile(r"\b(?:pour|for)\b", re.IGNORECASE)

_HOLDS_BACK = negation.NO | _set(
    "sans without contre against aucun aucune rien nothing personne nobody none ni neither nor nope nan nah hardly"
    " desole desolee sorry helas malheureusement unfortunately impossible unable out si if unless whether peut maybe perhaps"
    " refuse refusons refusent refuser refus decline declines doute doubt retire retirons retirer stop arrete arretons"
    " avant before apres after plus annule annulons cancel withdraw quand when once mais but however cependant toutefois"
    " souci soucis probleme problemes problem issue objection reserve reserves sauf except wish"
)
"""Words with which a sentence is never a yes, whatever else it says."""
_US = _set("je j on nous notre mon moi i we us our my me")
_SPEAKERS = _set(
    "on je j we i count compte comptez arrete arretez stop cessez sans pas not without desole sorry"
)
_MAY = _set("peut peux pouvons puis can could may faut should need must")
_WHO, _HOW = frozenset({"qui", "who", "lesquelles", "lesquels"}), frozenset({"comment", "how"})
_LETTER = frozenset({"lettre", "letter", "texte", "text"})
_OF_A_TEXT = frozenset({"quoi", "what", "quelle", "quel", "about", "lire", "read", "voir", "see", "where"})
_QUESTION = _WHO | _HOW | frozenset({"combien", "quoi", "what", "quel", "quelle", "where", "pourquoi", "why"})

_SIGNS = r"sign(?:e|es|ons|ez|ent|er[a-z]*|ait|aient|ions|ing|s|ed)?|partante?s?|particip[a-z]+|rejoin[a-z]*|join(?:s|ing)?"
_NAMED = re.compile(r"signatures?|signataires?|signator(?:y|ies)")
_VERBS = {
    "details": re.compile(r"chang[a-z]*|modif[a-z]*|corrig[a-z]*|edit|complete[a-z]*"),
    "withdraw": re.compile(
        r"retir[a-z]+|annul[a-z]+|withdraw[a-z]*|cancel|undo|supprim[a-z]+|effac[a-z]+|remove|delete"
    ),
    "decline": re.compile(r"refus[a-z]*|declin[a-z]+"),
    "dispute": re.compile(r"contest[a-z]+|disput[a-z]+"),
    "vote": re.compile(r"vot(?:e[a-z]*|ons|ing)"),
    "sign": re.compile(_SIGNS),
}
"""Command → what it is called in a sentence."""
_THINKS = re.compile(
    r"reflechi[a-z]*|hesit[a-z]+|consult[a-z]*|discut[a-z]+|discuss[a-z]*|undecided|thinking|parle|parlons|parlera"
    r"|debat[a-z]*"
)
_TAKES_BACK = re.compile(r"retir(?:e|er|ez|ons)|withdraw")
_REGRETS = re.compile(
    r"(?:(?:ah|oh|euh|oups|oops|mince|zut|pardon|sorry) )*(?:en fait|finalement|tout compte fait|actually|on second thoughts?)"
    r" (?:non|no|nope|pas|not)(?: (?:merci|thanks|desolee?|sorry))?"
    r"|(?:oups|oops|mince|zut) (?:c est|c etait|it s|it was|that was) (?:une erreur|a mistake)"
)
"""The whole of what somebody says who goes back on what they just said."""
_NOT_ONES_SIGNATURE = _set(
    "donnees data vote voix message question objection rappel rappels nom name mot dit said argent money"
)
_LATER = re.compile(
    r"pas encore|not yet|pas surs?|pas sures?|not sure|(?<!au )plus tard|later|not (?:right |for )?now"
    r"|pas (?:pour )?(?:le moment|l instant|tout de suite|maintenant)"
    r"|besoin (?:de|d un peu de|d encore un peu de|de plus de) temps|need (?:some |more |a bit more )*time"
)
_CONDITIONS = _set("si s if unless whether peut maybe perhaps mais but sauf except quand when")
_WAITS = re.compile(r"attend(?:s|ons|re|ant|ra|rons)?|en attente|wait(?:ing|s)?|await(?:ing)?")
_ORGAN = re.compile(
    r"ag|assemblees?|(?:le|notre|au|en|du|mon) ca|bureau|conseil|comite|board|committee|council|members?|membres|adherente?s"
    r"|equipe|team|trustees|president[a-z]*|feu vert|accord|aval|approval|green light"
)
"""Those who decide in an organisation, and what they give."""
_ASKS_FIRST = re.compile(
    r"demand(?:e|er|ons|era|erons)|ask(?:ing)?|check(?:ing)?|soumet[a-z]+|valider|validation|validate|passe|passer|voir|see"
    r"|needs?|besoin|faut|doit|dois|devons|must|have to|sous reserve|subject to"
)
_LET_US = re.compile(r"(?:sign|particip|rejoign)ons")
"""Said of oneself and others without a word for them."""
_REMINDS = re.compile(r"relanc[a-z]*|rappels?|rappeler|remind(?:ers?|ing)?")
_WRITES = re.compile(
    r"(?:m |nous |me |d )?(?:ecrire|embeter|harceler|spammer)|(?:writing|messaging|spamming|bothering) (?:to )?(?:us|me)|messages"
)
_STOPS = re.compile(r"arret(?:e|ez|er)|stop|cess(?:e|ez|er)")
_OUT = re.compile(r"(?:sans|pas) (?:nous|moi)|pas pour (?:nous|moi)|without us|not (?:for )?us|(?:us|me) out")
_IN = re.compile(
    r"(?:on en|j en|nous en) (?:est|suis|sommes)|(?:we re|we are|i m|i am) in|count (?:us|me) in"
    r"|compte[zr]? sur (?:nous|moi)"
)
_SIGNED = re.compile(
    r"(?:a|ai|avons|have|has|had|ve) (?:(?:pas|deja|already|not|jamais|never|bien) )*(?:signe|signed)"
)
_WHEN = re.compile(
    r"(?:date|heure|temps) limite|deadlines?|echeances?|dernier delai|quel delai|(?:jusqu a|c est|pour) quand"
    r"|until when|combien de temps|how (?:much time|long)|(?:quand|when) (?:est|is|do|does|should|must|faut|doit|ca)"
)
_COSTS = _set("coute coutent cout couts cost costs argent money euros euro prix price paye payer pay temps")
_STANDS = re.compile(
    r"combien|how many|ou en (?:est|sommes)|(?:on en est|nous en sommes) ou|where do we stand|how far are we|how is it going"
)
_TEXT = re.compile(r"qu est ce que (?:c est que )?(?:cette|la|le|ce)")
_NEW = re.compile(
    r"^(?:c est quoi(?: ca)?|what is (?:this|it)|what s (?:this|it))$"
    r"|(?:(?:tu|t|vous) (?:es|etes)|es tu|etes vous|are you|you are|you re) (?:une? |a |an )?(?:vraie? |real )?"
    r"(?:ro)?bot|(?:tu|t|vous|you) (?:es|etes|are) (?:une? |a )?(?:humaine?|personne|machine|ia|ai)|are you (?:a |an )?(?:human|person|machine|ai)"
    r"|qui (?:es tu|etes vous)|(?:tu es|vous etes) (?:qui|quoi)|(?:tu fais|vous faites|tu sers a|vous servez a) quoi"
    r"|que (?:fais tu|faites vous|sais tu faire|savez vous faire)|a quoi (?:tu sers|sers tu|servez vous)|(?:who|what) are you"
    r"|what (?:can|do) you(?: do)?|comment ca (?:marche|fonctionne)|how does (?:this|it|that) work"
    r"|(?:que|quoi) (?:(?:faut il|dois je|doit on|peut on) )?faire|qu est ce qu (?:il faut|on doit|on peut) faire"
    r"|what (?:should|do|must|can) (?:i|we) do"
)
"""What is asked by who is new: who is this, and what is to be done."""
_LOST = re.compile(
    r"compren(?:ds?|ons) (?:rien|pas|plus)|(?:ai|avons) (?:rien|pas) compris|not understand|suis perdue?|(?:am|m) lost"
)
_SOMEBODY = re.compile(
    r"(?:parler|ecrire) a (?:un humain|une personne|quelqu un|l equipe)|(?:talk|speak|write) to (?:a human|a person|somebody|someone)"
    r"|(?:qui|vous|te|who to|who do i) contacte[rz]?|contacter (?:un humain|quelqu un|l equipe)"
)
"""Of whom wants to ask people, and not a machine."""
_GREETS = _set("bonjour bonsoir salut coucou hello hi hey")
_THANKS = _set("merci thanks thank thx")
_POLITE = (
    _GREETS
    | _THANKS
    | _set("a tous toutes tout le monde les toi vous bien beaucoup infiniment you very so much all bcp")
)
_SPELT = {"koi": "quoi", "kwa": "quoi", "ki": "qui", "kan": "quand", "cmb": "combien"}
"""How some words are written on phones."""


def meaning(text: str) -> Meaning | None:
    """What a sentence is about; None if that cannot be told, or it is too long."""
    words = _words(text)
    if words in (["contact"], ["humain"], ["human"]):
        return Meaning("help", ("ask",), asks=True)
    if not 1 < len(words) <= MOST_WORDS:
        return None
    asks = calling.asks(text) or words[0] in _QUESTION or not _HOW.isdisjoint(words)
    of_the_text = asks and _verb(words) == "details" and not _LETTER.isdisjoint(words)
    if of_the_text or _has(_SOMEBODY, words):  # whether the letter itself can be changed is for people to say
        return Meaning("help", ("ask",), asks=True)
    asks = asks or " ".join(words).startswith(("c est quoi", "qu est ce"))
    asks = asks or _WHERE.match(text.lstrip()) is not None or _has(_WHEN, words) or _has(_STANDS, words)
    if not asks and _has(_LOST, words):
        return Meaning("help", asks=True)
    if (
        not asks
        and any(map(_STOPS.fullmatch, words))
        and (any(map(_REMINDS.fullmatch, words)) or _has(_WRITES, words))
    ):
        return Meaning("reminders", ("off",))
    return _asked(text, words) if asks else _said(words)


def asks_how(text: str) -> bool:
    """Whether a text begins by asking how something is done, and not how much it costs."""
    words = _words(text)
    return not _HOW.isdisjoint(words[:1]) and _COSTS.isdisjoint(words)


def begins_with_us(text: str) -> bool:
    """Whether a sentence begins with who speaks: what follows a name otherwise is said of it ("tocsin nous fait signer")."""
    words = _words(text)
    if words[:1] == ["nous"]:
        return words[1:2] in (["ne"], ["n"], ["en"], ["y"]) or any(
            word.endswith(("ons", "mes")) for word in words[1:2]
        )
    return bool(words) and (words[0] in _SPEAKERS or _LET_US.fullmatch(words[0]) is not None)


def greets(text: str) -> bool:
    """Whether a text is a greeting and nothing else."""
    words = _words(text)
    return bool(words) and words[0] in _GREETS and _POLITE.issuperset(words)


def thanks(text: str) -> bool:
    """Whether a text is thanks and nothing else."""
    words = _words(text)
    return bool(words) and words[0] in _THANKS and _POLITE.issuperset(words)


def holds_back(text: str) -> bool:
    """Whether a word in a text keeps it from being a yes to anything; what follows "for" is a name, and may hold any."""
    return not _HOLDS_BACK.isdisjoint(_words(_FOR.split(text, maxsplit=1)[0]))


def says_no(text: str) -> bool:
    """Whether a text begins by turning round what was said before it: "signe pas"."""
    return not negation.NO.isdisjoint(_words(text)[:1])


def is_common(text: str) -> bool:
    """Whether a text is nothing but small words that any sentence may begin with: no command was nearly typed there."""
    words = _words(text)
    return bool(words) and (
        _US | negation.NO | _POLITE | {"d", "l", "c", "s", "m", "t", "accord"}
    ).issuperset(words)


def instead(rest: str) -> Meaning | None:
    """What is meant by who says behind "sign" nothing but that it is not to be, or not yet: "pas encore", "non merci"."""
    words = _words(rest)
    if re.fullmatch(
        rf"(?:mais )?(?:{_LATER.pattern})(?: (?:merci|thanks))?|(?:ou|or) (?:pas|non|not)", " ".join(words)
    ):
        return Meaning("deciding")
    is_no = words[:1] != ["ne"] and not negation.NO.isdisjoint(words[:1])
    return Meaning("decline") if is_no and (negation.NO | _POLITE).issuperset(words) else None


def is_verb(word: str) -> bool:
    """Whether a word says what is to be done, as in a sentence: "signons", "refuse"."""
    return any(known.fullmatch(fold(word)) for known in _VERBS.values())


def _words(text: str) -> list[str]:
    words = [_SPELT.get(word, word) for word in _WORD.findall(_NOT.sub(_apart, fold(calling.clean(text))))]
    return ["c", "est", *words[1:]] if words[:2] == ["c", "quoi"] else words


def _apart(contracted: re.Match[str]) -> str:
    stem = contracted["stem"] or ("can" if contracted[0] == "cannot" else "")
    return f"{'can' if stem == 'ca' else stem} not"


def _has(phrase: re.Pattern[str], words: list[str]) -> bool:
    return re.search(rf"\b(?:{phrase.pattern})\b", " ".join(words)) is not None


def _verb(words: list[str]) -> str:
    """What is to be done, by the first word that says so; "" if none does. One's vote is changed and taken back by voting."""
    found = [each for word in words for each, known in _VERBS.items() if known.fullmatch(word)]
    if found and found[0] in ("details", "withdraw") and "vote" in found:
        return "vote"
    return found[0] if found else ""


def _asked(text: str, words: list[str]) -> Meaning | None:
    said, done = frozenset(words), _verb(words)
    signs = done == "sign" or any(map(_NAMED.fullmatch, words))
    if said & _WHO and signs and not said & _MAY:
        return Meaning("status" if said & negation.NO else "signatories", asks=True)
    if _has(_WHEN, words) or said & {"quand", "when"}:
        return Meaning("deadlines", asks=True)
    if _has(_STANDS, words):
        return Meaning("status", asks=True) if _COSTS.isdisjoint(said) else None
    how = said & (_HOW | _MAY | {"where", "do"}) or _WHERE.search(text)
    if done and how and not said & (negation.NO | _COSTS):
        return Meaning("help", (done,), asks=True)
    if said & _LETTER and (said & _OF_A_TEXT or _WHERE.search(text) or _has(_TEXT, words)):
        return Meaning("letter", asks=True)
    return Meaning("help", asks=True) if _has(_NEW, words) else None


def _said(words: list[str]) -> Meaning | None:
    if _REGRETS.fullmatch(" ".join(words)):
        return Meaning("withdraw")
    words = negation.plain(words)
    out = negation.turns(words) == 1 and _has(_OUT, words)
    if out or (words[:1] == ["pas"] and negation.denies(words, _SIGNS)):  # "pas question de signer"
        return Meaning("decline")
    if _US.isdisjoint(words) and not any(map(_LET_US.fullmatch, words)):
        return None
    return _said_of_us(words)


def _said_of_us(words: list[str]) -> Meaning | None:
    done = _verb(words)
    takes_part = done == "sign" or _has(_IN, words)
    if _has(_LATER, words) or any(map(_THINKS.fullmatch, words)) or _waits(words, takes_part=takes_part):
        return Meaning("deciding")
    if done == "withdraw" and _takes_back(words):
        return Meaning("withdraw")
    if not negation.turns(words):
        return _yes(words, done) if takes_part or done == "decline" else None
    refuses = (takes_part and negation.denies(words, _SIGNS)) or negation.cannot(words)
    return Meaning("decline") if refuses and not _has(_SIGNED, words) else None


def _takes_back(words: list[str]) -> bool:
    """Whether what is taken back is a signature: it is named, or nothing else is, in few words."""
    if not negation.NO.isdisjoint(words):
        return False
    if any(map(_NAMED.fullmatch, words)):
        return True
    return len(words) <= FEW_WORDS and _has(_TAKES_BACK, words) and _NOT_ONES_SIGNATURE.isdisjoint(words)


def _waits(words: list[str], *, takes_part: bool) -> bool:
    """Whether somebody waits for others, or has to ask them, before they can say whether they take part."""
    others = _has(_ORGAN, words)
    return (_has(_WAITS, words) and (takes_part or others)) or (others and _has(_ASKS_FIRST, words))


def _yes(words: list[str], done: str) -> Meaning | None:
    """What is meant by words that seem to say that somebody takes part, or refuses to: that, or nothing of the kind."""
    if done == "decline":
        return Meaning("decline") if _CONDITIONS.isdisjoint(words) else None
    if _has(_SIGNED, words):
        return Meaning("signatories")
    return Meaning("sign") if _HOLDS_BACK.isdisjoint(words) else None
