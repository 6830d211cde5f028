"""What may be meant by words that are no command, and by those before a name or in place of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.chat import Listing, Text, Typed
from commands.line import finding
from commands.line.calling import Line
from commands.line.finding import find
from commands.menu import MENU
from commands.vocabulary import AKIN, SECOND_WORDS, fold
from tests.commands.stage import Stage, opened, voice

if TYPE_CHECKING:
    from pathlib import Path

    from commands.command import Command


@pytest.mark.parametrize("meant", AKIN)
def test_what_is_guessed_is_a_command_and_what_it_is_guessed_from_is_none(meant: str) -> None:
    assert {meant, meant.split(" ", maxsplit=1)[0]} & {one.name for one in MENU}
    for word in AKIN[meant]:
        assert fold(word) == word
        assert find(Line(word), MENU) is None


@pytest.mark.parametrize("second", SECOND_WORDS)
def test_so_of_the_second_word_of_one(second: str) -> None:
    families = {one.name.split(" ")[0] for one in MENU if one.name.endswith(f" {second}")}
    assert families
    for word in SECOND_WORDS[second]:
        assert fold(word) == word
        for first in families:
            found = find(Line(f"{first} {word}"), MENU)
            assert found is None or " " not in found[0].name


@pytest.mark.parametrize(
    "typed", ["for Nuage Libre", "Pour  nuage libre", "au nom de Nuage Libre", "On behalf of NUAGE LIBRE"]
)
async def test_for_is_no_part_of_a_name(tmp_path: Path, typed: str) -> None:
    with opened(tmp_path) as stage:
        (answer,) = await stage.say(voice("Camille"), f"!sign {typed}")
        assert answer.message.lines[0].values["name"] == "Nuage Libre"


async def test_unless_somebody_is_called_so(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        await stage.say(voice("Maud"), "!org add Pour Nuage Libre", "admin")
        (answer,) = await stage.say(voice("Camille"), "!sign pour nuage libre")
        assert answer.message.lines[0].values["name"] == "Pour Nuage Libre"
        assert answer.ids[0].startswith("Are you entitled")


@pytest.mark.parametrize("typed", ["formidable", "fortement occupés", "pour un monde libre", "pour"])
async def test_nor_where_nobody_is_called_what_follows(tmp_path: Path, typed: str) -> None:
    with opened(tmp_path) as stage:
        (answer,) = await stage.say(voice("Camille"), f"!decline {typed}")
        assert answer.ids == [
            "I know no organisation called “{name}”, so I noted nothing. If that is why: {command}"
        ]
        assert answer.message.lines[0].values["name"] == typed


@pytest.mark.parametrize("typed", ["my vote", "mon vote", "vote", "my objection"])
async def test_who_takes_their_vote_back_keeps_their_signature(tmp_path: Path, typed: str) -> None:
    with opened(tmp_path) as stage:
        await stage.say(voice("Camille"), "!sign")
        (asked,) = await stage.say(voice("Camille"), f"!withdraw {typed}")
        assert asked.ids[0].startswith("Did you mean")
        done = await stage.say(voice("Camille"), "!yes")
        assert not any("is taken back" in line for one in done for line in one.ids)
        (withdrawn,) = await stage.say(voice("Camille"), "!withdraw my signature")
        assert "is taken back" in withdrawn.ids[0]


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("nous signons des deux mains", "sign"),
        ("on signe tout de suite", "sign"),
        ("on refuse de signer", "decline"),
        ("signe des deux mains", "sign"),
        ("on est partants pour signer", "sign"),
        ("stop les rappels", "reminders off"),
        ("nous signons avec plaisir pour Nuage Libre", "sign Nuage Libre"),
        ("je signe nuage libre !", "sign nuage libre"),
        ("je voudrais signer la lettre pour Chatons du Nord", "sign Chatons du Nord"),
        ("nous signons au nom de notre association Chatons du Nord, merci", "sign Chatons du Nord"),
        ("we sign on behalf of Chatons du Nord", "sign Chatons du Nord"),
        ("on en parle à notre CA jusqu'à vendredi", "deciding jusqu'à vendredi"),
        ("pour le moment on signe", "sign"),
        ("pour cette fois on ne signe pas", "decline"),
    ],
)
async def test_a_sentence_names_an_organisation_by_for_or_one_that_is_known(
    tmp_path: Path, said: str, asked: str
) -> None:
    with opened(tmp_path) as stage:
        answers = [
            *await stage.say(voice("Lou"), said, "private"),
            *await stage.say(voice("Lou"), f"tocsin, {said}"),
        ]
    shown = [one.message.lines[0].values["command"] for one in answers]
    assert [f"{one.command} {one.rest}".strip() for one in shown if isinstance(one, Typed)] == [asked, asked]


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("je représente La Fibre Partagée et nous signons", "sign La Fibre Partagée"),
        ("bonjour, ici la fibre partagée, on signe", "sign la fibre partagée"),
        ("Les Jardiniers du Web et nous on signe", "sign Les Jardiniers du Web"),
        ("we can't wait to sign", "sign"),
        ("on signe avec plaisir", "sign"),
        ("ensemble on signe", "sign"),
        ("nous signons avec Plaisir", "sign Plaisir"),
    ],
)
async def test_whoever_is_named_is_meant_and_no_word_that_a_stranger_made_a_name(
    tmp_path: Path, said: str, asked: str
) -> None:
    with opened(tmp_path) as stage:
        for name in ("Plaisir", "on"):  # named by a stranger, and flagged for it
            await stage.say(voice("Lou"), f"!sign {name}", "private")
            await stage.say(voice("Lou"), "yes", "private")
        await stage.say(voice("Maud"), "!org add Ensemble", "admin")
        (answer,) = await stage.say(voice("Camille"), said, "private")
    shown = answer.message.lines[0].values["command"]
    assert isinstance(shown, Typed)
    assert f"{shown.command} {shown.rest}".strip() == asked
    assert answer.ids == ["Do you want to {does} — {command}? Reply “yes” or react with ✅."]


async def test_of_two_organisations_in_a_sentence_it_is_asked_which(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        said = "La Fibre Partagée et Les Jardiniers du Web, nous signons"
        (answer,) = await stage.say(voice("Camille"), said, "private")
        assert answer.ids[1].startswith("For which organisation?")
        (entitled,) = await stage.say(voice("Camille"), "2", "private")
        assert entitled.message.lines[0].values["name"] == "Les Jardiniers du Web"
        assert (await stage.rows())["signatures"] == []


async def _open(stage: Stage, question: str) -> None:
    for order in (f"!poll open majority {question} closes=3 days", "!confirm"):
        await stage.say(voice("Maud"), order, "admin")


async def test_a_number_alone_in_private_may_answer_the_only_poll(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        assert await stage.say(voice("Camille"), "2", "private") == []
        await _open(stage, "Shall we?")
        await stage.say(voice("Camille"), "on signe", "private")  # a number is no answer to that
        (asked,) = await stage.say(voice("Camille"), "2", "private")
        assert asked.message.lines[0].values["command"] == Typed("vote", "1 against")
        (done,) = await stage.say(voice("Camille"), "yes", "private")
        assert done.ids[0].startswith("🗳 Poll {number}: **{name}** answers")
        (none,) = await stage.say(voice("Camille"), "7", "private")
        assert "nothing is noted" in str(none.message.lines[0])
        assert await stage.say(voice("Lou"), "2", "private") == []  # has no voice in it
        assert await stage.say(voice("Camille"), "2") == []  # said to anybody


@pytest.mark.parametrize("said", ["annulez mon vote", "annulez notre vote svp", "cancel my vote please"])
async def test_so_may_who_wants_it_cancelled_take_an_answer_back(tmp_path: Path, said: str) -> None:
    with opened(tmp_path) as stage:
        await _open(stage, "Shall we?")
        (asked,) = await stage.say(voice("Camille"), said, "private")
    assert asked.message.lines[0].values["command"] == Typed("vote", "1 retract")


async def test_and_of_several_it_is_asked_which(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        await _open(stage, "Shall we?")
        await _open(stage, "And then?")
        (asked,) = await stage.say(voice("Camille"), "1", "private")
    which = asked.message.lines[0].values["command"]
    assert isinstance(which, Listing)
    assert which.items == (Typed("vote", "1 for"), Typed("vote", "2 for"))


@pytest.mark.parametrize("said", ["annulez svp", "annulez", "cancel please"])
async def test_who_says_to_cancel_is_asked_what(tmp_path: Path, said: str) -> None:
    with opened(tmp_path) as stage:
        (answer,) = await stage.say(voice("Camille"), said, "private")
    meant = answer.message.lines[0].values["command"]
    assert isinstance(meant, Listing)
    assert meant.items == (Typed("withdraw"), Typed("vote", "retract"))


@pytest.mark.parametrize("said", ["annulez", "annule", "cancel"])
async def test_but_not_who_was_asked_something(tmp_path: Path, said: str) -> None:
    with opened(tmp_path) as stage:
        await stage.say(voice("Camille"), "on signe", "private")
        (answer,) = await stage.say(voice("Camille"), said, "private")
    assert answer.ids == ["All right: I did nothing."]


@pytest.mark.parametrize("said", ["on veut plus signer", "we no longer want to sign", "on ne signera pas"])
async def test_who_will_not_sign_any_more_takes_back_what_they_have_signed(tmp_path: Path, said: str) -> None:
    with opened(tmp_path) as stage:
        (before,) = await stage.say(voice("Camille"), said, "private")
        assert before.message.lines[0].values["command"] == Typed("decline")
        await stage.say(voice("Camille"), "!sign")
        (after,) = await stage.say(voice("Camille"), said, "private")
        assert after.message.lines[0].values["command"] == Typed("withdraw")
        (done,) = await stage.say(voice("Camille"), "yes", "private")
    assert "is taken back" in done.ids[0]


@pytest.mark.parametrize(
    "said",
    [
        *("on signe pour Nuage Libre et Picasoft", "nous signons pour Nuage Libre et pour Picasoft !"),
        *(
            "we sign for Nuage Libre and Picasoft, thanks",
            "on signe pour Nuage Libre et Picasoft. Merci à vous",
        ),
    ],
)
async def test_nor_is_a_second_one_lost_that_is_not_known(tmp_path: Path, said: str) -> None:
    with opened(tmp_path) as stage:
        (answer,) = await stage.say(voice("Camille"), said, "private")
        assert answer.ids[1].startswith("For which organisation?")
        (entitled,) = await stage.say(voice("Camille"), "2", "private")
        assert entitled.message.lines[0].values["name"] == "Picasoft"


@pytest.mark.parametrize(
    "said",
    [
        *("on signe pour Nuage Libre et Merci à vous", "on signe pour Nuage Libre et On en est fiers"),
        *("on signe pour Nuage Libre et ses membres", "we sign for Nuage Libre and Thank you"),
    ],
)
async def test_but_not_all_that_follows_and_is_one(tmp_path: Path, said: str) -> None:
    with opened(tmp_path) as stage:
        (answer,) = await stage.say(voice("Camille"), said, "private")
    shown = answer.message.lines[0].values["command"]
    assert isinstance(shown, Typed)
    assert shown.command == "sign"
    assert "Nuage Libre" in shown.rest


@pytest.mark.parametrize(
    "said",
    [
        *("Nuage Libre a signé, pas nous", "Nuage Libre has signed, not us"),
        *("Nuage Libre signe, mais sans nous", "Nuage Libre will sign, without us"),
    ],
)
async def test_what_others_have_done_is_not_undone_for_them(tmp_path: Path, said: str) -> None:
    with opened(tmp_path) as stage:
        (own,) = await stage.say(voice("Robin"), said, "private")
        (nobodys,) = await stage.say(voice("Lou"), said, "private")
    assert own.message.lines[0].values["command"] == Typed("decline")
    does = own.message.lines[0].values["does"]
    assert isinstance(does, Text)
    assert does.values["name"] == "Le Fil Commun"
    assert nobodys.message.lines[0].values["command"] == Typed("decline")


@pytest.mark.parametrize(
    "said", ["Racines Numériques role tresorier", "racines numériques rôle : tresorier", "role=tresorier"]
)
async def test_an_option_behind_a_known_name_needs_no_sign(tmp_path: Path, said: str) -> None:
    with opened(tmp_path) as stage:
        await stage.say(voice("Alex-Matrix"), f"!sign {said}", "private")
        (signature,) = (await stage.rows())["signatures"]
    assert "tresorier" in signature


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        *(
            ("pas encore", "deciding"),
            ("plus tard", "deciding"),
            ("not yet", "deciding"),
            ("ou pas", "deciding"),
        ),
        *(("non merci", "decline"), ("no thanks", "decline"), ("pas", "decline")),
    ],
)
async def test_who_says_not_yet_behind_sign_founds_no_organisation(
    tmp_path: Path, said: str, meant: str
) -> None:
    with opened(tmp_path) as stage:
        (answer,) = await stage.say(voice("Camille"), f"!sign {said}")
    values = answer.message.lines[0].values
    shown = values.get("command") or values["deciding"]
    assert isinstance(shown, Typed)
    assert shown.command == meant


@pytest.mark.parametrize(
    ("said", "day"),
    [
        *(("!sign demain", "demain"), ("sign tomorrow", "tomorrow"), ("signer mardi", "mardi")),
        *(
            ("!sign on Tuesday.", "Tuesday"),
            ("signer dans 3 jours", "dans 3 jours"),
            ("!sign 2026-12-04", "2026-12-04"),
        ),
        *(("on signera mercredi", "mercredi"), ("we will sign on Friday", "Friday")),
        *(
            ("signer bientôt", ""),
            ("on signera lundi", ""),
            ("sign soon", ""),
            ("!sign later", ""),
            ("signer plus tard", ""),
        ),
    ],
)
async def test_a_time_alone_is_no_organisation(tmp_path: Path, said: str, day: str) -> None:
    with opened(tmp_path) as stage:
        (answer,) = await stage.say(voice("Camille"), said, "private")
    values = answer.message.lines[0].values
    if day:
        assert values["command"] == Typed("deciding", day)
    else:
        assert answer.ids[0].startswith("If **{name}** is still deciding")


@pytest.mark.parametrize(
    "said",
    [
        *("Demain le libre", "Mars", "350", "Next Generation", "pour Demain", "for Soon"),
        *("Demain", "Bientôt", "Next Week"),
    ],
)
async def test_but_what_can_be_a_name_is_one(tmp_path: Path, said: str) -> None:
    with opened(tmp_path) as stage:
        (answer,) = await stage.say(voice("Camille"), f"!sign {said}", "private")
    assert "Are you entitled" in answer.ids[0]


async def test_so_is_a_time_that_somebody_is_called(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        await stage.say(voice("Maud"), "!org add Demain", "admin")
        (answer,) = await stage.say(voice("Lou"), "!sign demain", "private")
    assert answer.message.lines[0].values["name"] == "Demain"


@pytest.mark.parametrize("said", ["pour l'instant on signe pas", "for now we are not signing"])
async def test_who_does_not_sign_for_now_is_asked_until_when(tmp_path: Path, said: str) -> None:
    with opened(tmp_path) as stage:
        (answer,) = await stage.say(voice("Camille"), said, "private")
    values = answer.message.lines[0].values
    assert answer.ids[0].startswith("If **{name}** is still deciding")
    assert values["name"] == "Nuage Libre"


@pytest.mark.parametrize("text", ["salut tocsin", "pas question", "d'accord", "on ne va pas ne pas signer"])
async def test_a_sentence_begins_with_no_slip(tmp_path: Path, text: str) -> None:
    with opened(tmp_path) as stage:
        (answer,) = await stage.say(voice("Camille"), text, "private")
    assert not answer.ids[0].startswith(("Did you mean", "Do you want"))


async def test_behind_the_prefix_it_is_a_name_and_is_shown_before_it_is_said_yes_to(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        (answer,) = await stage.say(voice("Lou"), "!je signe Chatons du Nord")
        assert answer.message.lines[0].values["command"] == Typed("sign", "Chatons du Nord")


async def test_no_question_of_many_words_holds_up_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[Line] = []

    def counted(line: Line, menu: tuple[Command, ...]) -> tuple[Command, str] | None:
        looked.append(line)
        return find(line, menu)

    monkeypatch.setattr(finding, "find", counted)
    with opened(tmp_path) as stage:
        (answer,) = await stage.say(voice("Camille"), "!comment " + "on " * 1300)
    assert answer.ids
    assert len(looked) < 20
    assert max(len(line.text) for line in looked[1:]) < 100
