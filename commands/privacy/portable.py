"""What the file of `!mydata` says of itself, in its reader's language; its data stand under the database's own names.

It is a copy that programs can read as well (portability), so what it is made of has one name whoever asks for it; what a
person wants to know of it stands at its beginning, in their words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def about(language: str, kinds: Iterable[str]) -> dict[str, object]:
    """Why, how long and who, and what each of these kinds of data is; English where we have no words."""
    words = _CONTENT["fr" if language == "fr" else "en"]
    why, content = _ABOUT["fr" if language == "fr" else "en"]
    return {**why, content: {kind: words[kind] for kind in kinds}}


_ABOUT: Mapping[str, tuple[Mapping[str, str], str]] = {
    "en": (
        {
            "why": "To gather and publish what organisations say about an open letter, and to know who may speak for them.",
            "how long": "Until you say !forgetme, or the time after the campaign's end that its operators set. "
            "Messages are kept for 45 days. What organisations signed and voted, and the book of acts, stay, without your name.",
            "who": "The campaigners read it; what is published names you only if you agreed to that.",
            "how to read it": "What follows is a copy of what I hold, for people and for programs: times are in UTC.",
        },
        "what is in it",
    ),
    "fr": (
        {
            "pourquoi": "Pour réunir et publier ce que des organisations disent d'une lettre ouverte, et savoir qui peut parler en leur nom.",
            "combien de temps": "Jusqu'à ce que vous disiez !oubliezmoi, ou jusqu'au délai que fixe l'exploitant après la fin de la campagne. "
            "Les messages sont gardés 45 jours. Ce que les organisations ont signé et voté, et le journal, restent, sans votre nom.",
            "qui": "L'équipe d'animation peut le lire ; ce qui est publié ne vous nomme que si vous l'avez accepté.",
            "comment le lire": "La suite est une copie de ce que je garde, pour vous et pour d'autres programmes : "
            "les noms y sont en anglais, les heures en UTC.",
        },
        "ce qu'il y a dedans",
    ),
}
"""Language → what is said before the data, and what their list is called."""

_CONTENT: Mapping[str, Mapping[str, str]] = {
    "en": {
        "people": "your name, and since when I know you",
        "addresses": "your accounts",
        "consents": "what may be done with your name, as you said",
        "merges": "organisations that you made one, or that concern you",
        "prompts": "what I asked you",
        "representatives": "the organisations you speak for",
        "revocations": "the organisations you may speak for no longer",
        "audit": "what you did, when and where",
        "link_codes": "that you asked for a code to join your accounts",
        "questions": "the questions you asked or answered",
        "sympathies": "your thumbs up on the letter",
        "question_waits": "the questions whose answer you wait for",
        "signatures": "the signatures you gave",
        "disputes": "the signatures you dispute",
        "polls": "the polls you opened or concluded",
        "ballots": "the votes you gave for an organisation",
        "said_to_you": "what I told you in private",
    },
    "fr": {
        "people": "votre nom, et depuis quand je vous connais",
        "addresses": "vos comptes",
        "consents": "ce qu'on peut faire de votre nom, comme vous l'avez dit",
        "merges": "les organisations que vous avez fusionnées, ou qui vous concernent",
        "prompts": "ce que je vous ai demandé",
        "representatives": "les organisations pour lesquelles vous parlez",
        "revocations": "les organisations pour lesquelles vous ne pouvez plus parler",
        "audit": "ce que vous avez fait, quand et où",
        "link_codes": "que vous avez demandé un code pour réunir vos comptes",
        "questions": "les questions que vous avez posées, ou auxquelles vous avez répondu",
        "sympathies": "vos pouces levés sur la lettre",
        "question_waits": "les questions dont vous attendez la réponse",
        "signatures": "les signatures que vous avez données",
        "disputes": "les signatures que vous contestez",
        "polls": "les scrutins que vous avez ouverts ou conclus",
        "ballots": "les votes que vous avez donnés pour une organisation",
        "said_to_you": "ce que je vous ai dit en privé",
    },
}
"""Language → what can be held of somebody → what it is."""
