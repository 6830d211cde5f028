"""The words with which a console is directed, and those it says itself, in French and English."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commands.vocabulary import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FRENCH = {
    "as": "comme",
    "room": "salon",
    "private": "prive",
    "react": "reagir",
    "unreact": "retirer",
    "vote": "voter",
    "reply": "repondre",
    "on": "sur",
    "edit": "modifier",
    "delete": "supprimer",
    "wait": "attendre",
    "file": "fichier",
    "who": "qui",
}
"""Each verb in French, without accents; with them it is understood as well."""
_VERBS = {french: verb for verb, french in FRENCH.items()}

_HELP = {
    "en": (
        ("/as Robin", "be somebody else"),
        ("/room equipe", "go to another room"),
        ("/private", "go to your chat with the bot alone"),
        ("/vote 1", "answer the last poll of the room, as Matrix shows it"),
        ("/react 👍", "react to the bot's last message"),
        ("/reply TEXT", "reply to it"),
        ("/on WORDS", "choose an earlier message with these words for /react and /reply"),
        ("/edit TEXT", "change what you said last"),
        ("/delete", "take it back"),
        ("/wait 3d", "let time pass: days (d), hours (h), minutes (m), never back"),
        ("/file", "show the file that was handed over last"),
        ("/who", "everybody and every room, and who and where you are"),
    ),
    "fr": (
        ("/comme Robin", "être quelqu'un d'autre"),
        ("/salon equipe", "aller dans un autre salon"),
        ("/prive", "parler au robot en privé"),
        ("/voter 1", "répondre au dernier scrutin du salon, comme Matrix l'affiche"),
        ("/reagir 👍", "réagir au dernier message du robot"),
        ("/repondre TEXTE", "y répondre"),
        ("/sur MOTS", "choisir un message d'avant, où sont ces mots, pour /reagir et /repondre"),
        ("/modifier TEXTE", "changer ce qu'on vient de dire"),
        ("/supprimer", "le retirer"),
        ("/attendre 3j", "laisser passer le temps : jours (j), heures (h), minutes (m), jamais en arrière"),
        ("/fichier", "montrer le dernier fichier remis"),
        ("/qui", "tout le monde et tous les salons, qui et où vous êtes"),
    ),
}

_SAID = {
    "reacts": "réagit",
    "votes": "vote",
    "ends the poll:": "clôt le scrutin :",
    "deletes their message": "supprime son message",
    "{name} has no account on {network}:": "{name} n'a pas de compte sur {network} :",
    "There is no {verb}. There are:": "{verb} n'existe pas. Il y a :",
    "Nobody here is called {name}. There are {names}.": "Personne ici ne s'appelle {name}. Il y a {names}.",
    "No room is called {name}. There are {names}.": "Aucun salon ne s'appelle {name}. Il y a {names}.",
    "Say whose name: there are {names}.": "Dites qui : il y a {names}.",
    "Say which room: there are {names}.": "Dites quel salon : il y a {names}.",
    "and": "et",
    "or": "ou",
    "no poll here:": "pas de scrutin ici :",
    "bytes": "octets",
    "No file was handed over yet: !export csv": "Aucun fichier n'a encore été remis : !exporter csv",
    "… and {count} lines more": "… et {count} lignes de plus",
    "no message of the bot here with these words:": "aucun message du robot ici avec ces mots :",
    "“{typed}” is no time to wait: try {such}.": "« {typed} » n'est pas une durée à attendre : essayez {such}.",
}


def verb_of(typed: str) -> str:
    """The verb that was typed, in whichever language; what is none stays as it is."""
    return _VERBS.get(fold(typed), typed)


def shown(verb: str, language: str) -> str:
    """A verb as it is typed in a language, with its stroke."""
    return f"/{FRENCH[verb] if language == 'fr' else verb}"


def said(text: str, language: str) -> str:
    """What the console itself says, in a language; placeholders stay."""
    return _SAID[text] if language == "fr" else text


def listed(names: Iterable[str], word: str, language: str) -> str:
    """Several in a sentence, with "and" or "or" before the last."""
    *others, last = names
    return f"{', '.join(others)} {said(word, language)} {last}" if others else last


def directions(language: str) -> Iterator[str]:
    """How to direct, a line for each verb."""
    width = max(len(line) for line, _ in _HELP[language])
    for line, what in _HELP[language]:
        yield f"{line.ljust(width)}  {what}"
