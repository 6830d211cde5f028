"""Sentences that nobody was taught: answered wherever they are put to the bot, left alone elsewhere, and no never a yes."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from campaign.chat import MATRIX, XMPP, Said, Typed
from commands.line.sentences import Meaning, holds_back, meaning
from storage.tables import prompts
from tests.commands.stage import PLACES, Stage, opened, room_of, voice
from tests.conversations.play import BEGINNING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from campaign.chat import Room
    from storage.storage import Storage
    from tests.commands.stage import Answer, Voice

QUESTIONS = {
    "comment on signe ?": "help sign",
    "Comment est-ce qu'on signe ?": "help sign",
    "how do we sign?": "help sign",
    "on peut signer ?": "help sign",
    "Où est-ce qu'on signe ?": "help sign",
    "comment on vote ?": "help vote",
    "comment retirer notre signature ?": "help withdraw",
    "c'est quoi cette lettre ?": "letter",
    "qu'est-ce que c'est que cette lettre ?": "letter",
    "what is this letter?": "letter",
    "what's the letter about?": "letter",
    "où est la lettre ?": "letter",
    "qui a déjà signé ?": "signatories",
    "Qui a signé": "signatories",
    "who signed already?": "signatories",
    "quand est-ce qu'il faut signer ?": "deadlines",
    "c'est pour quand ?": "deadlines",
    "when is the deadline?": "deadlines",
    "until when can we sign?": "deadlines",
    "quand finit le scrutin ?": "polls",
    "jusqu'à quand peut-on voter ?": "polls",
    "when does the poll close?": "polls",
    "combien de signatures ?": "status",
    "où en est-on ?": "status",
    "qui n'a pas signé ?": "status",
    "on en est ou": "status",
    "où lire la lettre": "letter",
    "peut-on modifier le texte ?": "help ask",
    "parler à un humain": "help ask",
    "contact": "help ask",
    "je comprends rien": "help",
    "I don't understand": "help",
    "tu fais quoi ?": "help",
    "c'est quoi ?": "help",
    "t'es un robot ?": "help",
    "c koi cette lettre": "letter",
    "combien de temps on a ?": "deadlines",
    "what can you do?": "help",
}
STATEMENTS = {
    "on est partants": "sign",
    "On est partantes !": "sign",
    "nous signons": "sign",
    "nous signerons la lettre": "sign",
    "je voudrais signer": "sign",
    "on en est": "sign",
    "we're in": "sign",
    "count us in!": "sign",
    "on ne signera pas": "decline",
    "désolé on ne peut pas": "decline",
    "on est pas partants": "decline",
    "sans nous": "decline",
    "we won't sign": "decline",
    "we can't": "decline",
    "not for us": "decline",
    "comptez pas sur nous": "decline",
    "ne comptez pas sur nous": "decline",
    "il ne faut pas compter sur nous": "decline",
    "don't count on us": "decline",
    "don't count us in": "decline",
    "count us out": "decline",
    "on n'est pas sûrs": "deciding",
    "on n'a pas encore décidé": "deciding",
    "on en parle à notre CA": "deciding",
    "nous retirons notre signature": "withdraw",
    "signons avec plaisir": "sign",
    "we need more time": "deciding",
    "on a besoin de temps": "deciding",
    # a no that is not said of the signing
    "pas de souci on signe": "sign",
    "il n'y a pas de problème, on signe": "sign",
    "on n'a pas d'objection, on signe": "sign",
    "no problem, we sign": "sign",
    "we don't have any objection, we sign": "sign",
    "no doubt, we sign": "sign",
    "on ne peut que signer": "sign",
    "sans hésiter on signe": "sign",
    "on n'hésite pas à signer": "sign",
    "we can't wait to sign": "sign",
    "we won't hesitate to sign": "sign",
    "on signe, no matter what": "sign",
    "on en a discuté, on signe": "sign",
    # one that is, beside one that is not
    "pas de souci mais on signe pas": "decline",
    "no problem, we won't sign": "decline",
    "non, on ne signe pas": "decline",
    "pas question de signer": "decline",
    "pas question qu'on signe": "decline",
    "je ne pense pas qu'on signera": "decline",
    "on n'a pas le droit de signer": "decline",
    "on voudrait signer mais on ne peut pas": "decline",
    "we cant sign": "decline",
    "on veut plus signer": "decline",
    "on ne veut plus signer": "decline",
    "on a plus envie de signer": "decline",
    "on signe plus": "decline",
    "nous ne signons plus la lettre": "decline",
    "we no longer want to sign": "decline",
    "we don't want to sign any more": "decline",
    # waiting for others
    "on voudrait bien signer mais on attend l'AG": "deciding",
    "we'd love to sign but need to ask the board": "deciding",
    "on signera, mais pas tout de suite": "deciding",
    "on signe pas avant le CA de mardi": "deciding",
    "pour l'instant on signe pas": "deciding",
    "on ne peut pas signer pour le moment": "deciding",
    "for now we are not signing": "deciding",
    "we won't sign at the moment": "deciding",
    # another day
    "on signera mardi": "deciding",
    "we will sign next week": "deciding",
    "we can't sign yet": "deciding",
    # going back on it
    "on retire": "withdraw",
    "en fait non": "withdraw",
    "finalement non": "withdraw",
    "actually no": "withdraw",
    "oups c'est une erreur, on retire": "withdraw",
    "on s'est trompés, retirez nous": "withdraw",
    "on regrette d'avoir signé": "withdraw",
    "I signed by mistake": "withdraw",
    "nous retirons Nuage Libre": "withdraw",
    "enlevez nous de la liste": "withdraw",
    "merci de nous enlever de la liste": "withdraw",
    "retirez nous svp": "withdraw",
    "take us off the list": "withdraw",
    "please remove us": "withdraw",
    "remove us from the list, thanks": "withdraw",
}
NOTHING = (
    "merci",
    "bonjour à vous",
    "tocsin est un bot",
    "ils ne signeront pas",
    "on n'a pas signé",
    "si on signe, ça change quoi ?",
    "quand on aura décidé on signera",
    "on ne voit pas comment signer",
    # a double no, one that belongs to something else, and conditions
    "je ne vois pas pourquoi on ne signerait pas",
    "on ne va pas ne pas signer",
    "on ne peut pas refuser",
    "we can't say no",
    "non on signe",
    "on signe et pas qu'à moitié",
    "on ne signe pas sans réserves",
    "on ne signe que si le bureau est d'accord",
    "s'il n'y a pas d'objection on signe",
    "si pas d'objection on signe",
    "on signe mais on n'est pas d'accord avec tout",
    "on signe après l'AG",
    "ça nous pose problème de signer",
    "pas sans nous !",
    "on ne retire pas notre signature",
    "je retire mon objection",
    "on retire le refus",
    "we withdraw our reservation",
    "on refuse pas",
    "on revient sur notre refus",
    "arrêtez pas les rappels",
    "don't stop the reminders",
    "on signe plus vite que prévu",
    "don't count us out",
    "don't ever count us out",
    "on a plus de signatures que jamais",
    "remove us from the reminders",
    "enlevez nous une épine du pied",
    "don't take us off the list",
    # what might be, or somebody else
    "on pourrait signer",
    "we might sign",
    "on signe à condition que le CA valide",
    "on signe quoi au juste",
    "on signe ou on attend ?",
    "on signe comme Nuage Libre",
    "je signe à titre personnel",
    "on retire notre vote",
    "combien ça coûte de signer ?",
    "how much does it cost to sign?",
    "la signature de la convention collective",
    "je te fais signe demain, je passe vers midi et on en discutera avec les autres s'ils sont là",
    "",
    "?",
)


@pytest.mark.parametrize(("text", "command"), QUESTIONS.items())
def test_what_is_asked(text: str, command: str) -> None:
    name, *words = command.split()
    assert meaning(text) == Meaning(name, tuple(words), asks=True)


@pytest.mark.parametrize(("text", "command"), STATEMENTS.items())
def test_what_is_said(text: str, command: str) -> None:
    assert meaning(text) == Meaning(command)


@pytest.mark.parametrize("text", NOTHING)
def test_what_is_neither(text: str) -> None:
    assert meaning(text) is None


@pytest.mark.parametrize(
    "text", ["arrête de nous relancer", "stop reminding us", "cessez ces rappels !", "arrête de m'écrire"]
)
def test_who_wants_no_more_reminders_says_so_in_their_own_words(text: str) -> None:
    assert meaning(text) == Meaning("reminders", ("off",))


@pytest.mark.parametrize("text", ["bonjour", "Salut !", "hello", "bonsoir à tous"])
async def test_a_greeting_is_greeted_and_thanks_are_left_at_that(fresh: Stage, text: str) -> None:
    for line, place in ((text, "private"), (f"tocsin, {text}", "campaign")):
        (answer,) = await fresh.say(voice("Lou"), line, place)  # type: ignore[arg-type]
        assert answer.ids[0].startswith("Hello!")
    for line, place in (("merci beaucoup", "private"), ("thanks!", "private"), ("tocsin, merci", "campaign")):
        assert await fresh.say(voice("Lou"), line, place) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["aide moi", "help me", "aide svp"])
async def test_who_asks_for_help_for_themselves_gets_all_of_it(fresh: Stage, text: str) -> None:
    (whole,) = await fresh.say(voice("Lou"), "help", "private")
    (answer,) = await fresh.say(voice("Lou"), text, "private")
    assert answer.ids == whole.ids


async def test_help_knows_what_else_a_command_may_be_called(fresh: Stage) -> None:
    (whole,) = await fresh.say(voice("Lou"), "help deciding", "private")
    (answer,) = await fresh.say(voice("Lou"), "aide réfléchir", "private")
    assert answer.ids == whole.ids


# --- no is never a yes

SAYS_NO = (
    "pas", "ne", "n'est", "jamais", "non", "not", "never", "no", "won't", "don't", "cannot", "can't", "sans", "sorry",
    "désolé", "refusons", "refuse", "ni", "aucun", "personne", "nobody", "impossible", "hélas", "unfortunately", "contre",
)  # fmt: skip
AROUND = (
    "on", "nous", "je", "we", "i", "our", "notre", "signe", "signons", "signerons", "sign", "signing", "partants",
    "partante", "in", "are", "est", "en", "count", "us", "la", "lettre", "the", "letter", "will", "going", "to", "avec",
    "plaisir", "oui", "yes", "vraiment", "!", "…", ",",
)  # fmt: skip


@given(
    st.lists(st.sampled_from(AROUND), max_size=9),
    st.sampled_from(SAYS_NO),
    st.lists(st.sampled_from(AROUND), max_size=4),
)
def test_words_with_a_no_among_them_are_never_a_yes(before: list[str], no: str, after: list[str]) -> None:
    text = " ".join((*before, no, *after))
    about = meaning(text)
    assert about is None or about.command not in ("sign", "confirm", "vote")
    assert holds_back(text)


@given(st.text(max_size=80))
def test_any_text_has_a_meaning_or_none(text: str) -> None:
    about = meaning(text)
    assert about is None or about.command


REFUSALS = [
    text.format(who=who, verb=verb)
    for who, verbs in {
        "on": ("signe", "signera", "signerait", "participe", "est partants"),
        "nous": ("signons", "signerons", "participons", "sommes partants"),
        "je": ("signe", "signerai", "participe", "confirme"),
    }.items()
    for verb in verbs
    for text in ("{who} ne {verb} pas", "{who} {verb} pas", "{who} ne {verb} jamais", "non, {who} ne {verb} pas")
] + [
    text.format(who=who, verb=verb)
    for who in ("we", "i")
    for verb in ("sign", "join", "confirm")
    for text in ("{who} do not {verb}", "{who} won't {verb}", "{who} can't {verb}", "{who} will never {verb}", "no, {who} refuse to {verb}")
]  # fmt: skip


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with opened(tmp_path_factory.mktemp("sentences")) as one:
        yield one


async def offered(stage: Stage) -> set[str]:
    """What any question of the bot's would do, once it is said yes to."""

    def work(storage: Storage) -> set[str]:
        asked = storage._connection.execute(select(prompts.c.choices)).scalars()
        return {choice["command"] for choices in asked for choice in choices}

    return await stage.database.read(work)


@pytest.mark.parametrize("text", REFUSALS)
async def test_a_refusal_in_words_signs_nothing_and_offers_no_signature(stage: Stage, text: str) -> None:
    for who in ("Camille", "Robin"):
        for said, place in ((text, "private"), (f"tocsin : {text}", "campaign"), (f"!{text}", "campaign")):
            await stage.say(voice(who), said, place)  # type: ignore[arg-type]
    assert (await stage.rows())["signatures"] == []
    assert not await offered(stage) & {"sign", "confirm"}


async def test_the_control_a_yes_in_words_offers_one(tmp_path: Path) -> None:
    with opened(tmp_path) as one:
        await one.say(voice("Camille"), "tocsin : on signe")
        assert await offered(one) == {"sign"}
        assert (await one.rows())["signatures"] == []


# --- where they are answered

NUMBERS = count(1)


def said(who: Voice, text: str, *, mentions_me: bool = False, reply_to: str = "") -> Said:
    here: Room = PLACES[who.address.network]["campaign"]
    return Said(
        here,
        f"$sentence-{next(NUMBERS)}",
        who.address,
        who.name,
        text,
        BEGINNING,
        reply_to=reply_to,
        mentions_me=mentions_me,
        my_names=("Le Crieur", "tocsin"),
    )


ADDRESSED = {
    "its name before": ("tocsin : {text}", False),
    "its name and a comma": ("Tocsin, {text}", False),
    "a mention": ("@Le Crieur {text}", True),
    "a mention after a greeting": ("Bonjour Le Crieur, {text}", True),
    "its name after a greeting": ("hello tocsin! {text}", True),
    "a mention behind": ("{text} @tocsin", True),
    "a name in a client's own form behind": ("{text} Le Crieur", True),
    "a comma and its name behind": ("{text}, tocsin ?", False),
    "the command's sign": ("!{text}", False),
}
SPOKEN_OF = ("{text}", "dis à tocsin que {text}", "{text} sans tocsin", "> tocsin : {text}", "tocsin\n{text}")


@pytest.fixture
async def fresh(tmp_path: Path) -> AsyncIterator[Stage]:
    with opened(tmp_path) as one:
        yield one


@pytest.mark.parametrize("who", ["Camille", "Robin"], ids=[MATRIX, XMPP])
@pytest.mark.parametrize("way", ADDRESSED)
async def test_a_question_is_answered_however_it_is_put_to_the_bot(fresh: Stage, who: str, way: str) -> None:
    form, mentions_me = ADDRESSED[way]
    for text, command in QUESTIONS.items():
        if command in ("help", "status") or not text.endswith("?"):
            continue
        (wanted,) = await fresh.say(voice(who), f"!{command}")
        got = await fresh.take(said(voice(who), form.format(text=text), mentions_me=mentions_me))
        assert [one.ids for one in got] == [wanted.ids], text


@pytest.mark.parametrize("who", ["Camille", "Robin"], ids=[MATRIX, XMPP])
async def test_and_in_reply_to_a_message_of_its_own(fresh: Stage, who: str) -> None:
    (card,) = await fresh.say(voice(who), "!letter")
    await fresh.show(card, "$card")
    for text, command in (("comment on signe ?", "help sign"), ("who signed already?", "signatories")):
        (wanted,) = await fresh.say(voice(who), f"!{command}")
        (got,) = await fresh.take(said(voice(who), text, reply_to="$card"))
        assert got.ids == wanted.ids
    (asked,) = await fresh.take(said(voice(who), "on est partants", reply_to="$card"))
    assert asked.message.lines[0].values["command"] == Typed("sign")
    assert await fresh.take(said(voice(who), "merci, c'est clair", reply_to="$card")) == []
    assert await fresh.take(said(voice(who), "on est partants", reply_to="$somebody-elses")) == []


@pytest.mark.parametrize("who", ["Camille", "Robin"], ids=[MATRIX, XMPP])
@pytest.mark.parametrize(("text", "command"), STATEMENTS.items())
async def test_what_is_said_is_asked_about(stage: Stage, who: str, text: str, command: str) -> None:
    for place in ("private", "campaign"):
        line = text if place == "private" else f"tocsin : {text}"
        answers = await stage.say(voice(who), line, place)
        assert _suggested(answers, room_of(voice(who), place).id) == command
    assert (await stage.rows())["signatures"] == []


def _suggested(answers: list[Answer], where: str) -> str:
    (answer,) = answers
    assert answer.where == where
    values = answer.message.lines[0].values
    if answer.ids[0].startswith("If "):  # it takes a day, which a yes would not say
        command = values["deciding"]
    else:
        assert answer.ids[0].startswith(("Did you mean {command}?", "Do you want to {does} — {command}?"))
        command = values["command"]
    assert isinstance(command, Typed)
    return command.command


@pytest.mark.parametrize("form", SPOKEN_OF)
@pytest.mark.parametrize("who", ["Camille", "Robin"], ids=[MATRIX, XMPP])
async def test_what_people_say_to_each_other_is_left_alone(stage: Stage, who: str, form: str) -> None:
    for text in (*QUESTIONS, *STATEMENTS):
        assert await stage.take(said(voice(who), form.format(text=text))) == [], text


@pytest.mark.parametrize("form", ["tocsin {text}", "@tocsin {text}", "Tocsin {text}"])
@pytest.mark.parametrize("who", ["Camille", "Robin"], ids=[MATRIX, XMPP])
async def test_nobody_needs_a_comma_behind_its_name(fresh: Stage, who: str, form: str) -> None:
    for text, command in (
        ("on est partants", "sign"),
        ("nous signons", "sign"),
        ("on ne signera pas", "decline"),
        ("signer", "sign"),
        ("retirer", "withdraw"),
    ):
        answers = await fresh.take(said(voice(who), form.format(text=text)))
        assert [one.message.lines[0].values["command"] for one in answers] == [Typed(command)], text
    for text, command in (("c'est quoi cette lettre", "letter"), ("statut", "status"), ("aide", "help")):
        (wanted,) = await fresh.say(voice(who), f"!{command}")
        (got,) = await fresh.take(said(voice(who), form.format(text=text)))
        assert got.ids == wanted.ids, text
    assert (await fresh.rows())["signatures"] == []


@pytest.mark.parametrize(
    "text",
    [
        *("tocsin a planté", "tocsin plante", "tocsin nous permet de signer", "tocsin vote mal"),
        *("tocsin est bien", "tocsin compte les signatures", "tocsin aide nos assos", "tocsin\nstatut"),
    ],
)
async def test_what_is_said_of_it_is_left_alone(fresh: Stage, text: str) -> None:
    assert await fresh.take(said(voice("Camille"), text)) == []


@pytest.mark.parametrize("who", ["Camille", "Robin"], ids=[MATRIX, XMPP])
async def test_who_speaks_to_it_by_name_is_told_once_that_it_did_not_understand(
    fresh: Stage, who: str
) -> None:
    (answer,) = await fresh.take(said(voice(who), "tocsin, les carottes sont cuites"))
    assert answer.ids == ["I did not understand that. {help} lists what I can do."]
    assert await fresh.take(said(voice(who), "tocsin: les carottes sont crues")) == []
    assert await fresh.take(said(voice(who), "tocsin, merci")) == []
    assert await fresh.take(said(voice(who), "!carottes")) == []
    (other,) = await fresh.take(said(voice("Lou" if who == "Camille" else "Zoe"), "tocsin, les carottes"))
    assert other.ids == answer.ids
    (asks,) = await fresh.take(said(voice("Ines" if who == "Camille" else "Dom"), "tocsin, les carottes ?"))
    assert asks.message.lines[0].values["ask"] == Typed("ask", "les carottes ?")


async def test_in_reply_to_a_poll_who_says_yes_may_mean_the_poll(fresh: Stage) -> None:
    maud = voice("Maud")
    await fresh.say(maud, "!poll open majority Shall we? closes=3 days", "admin")
    for one in await fresh.say(maud, "!confirm", "admin"):
        if one.where == PLACES[MATRIX]["campaign"].id and one.message.lines:
            await fresh.show(one, "$poll")
    assert await fresh.take(said(voice("Camille"), "on est partants", reply_to="$poll")) == []
    (answer,) = await fresh.take(said(voice("Camille"), "comment on vote ?", reply_to="$poll"))
    assert answer.ids[0].startswith("Vote")
