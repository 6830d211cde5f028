"""A crowd of strangers, each with an account of their own, against the campaigners' patience."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from campaign.chat import MATRIX, XMPP, Address
from commands.signatures import disputing
from tests.commands.stage import PLACES, Voice, opened, voice

if TYPE_CHECKING:
    from pathlib import Path

    from storage.storage import Storage
    from tests.commands.stage import Answer

OFFICES = {place["admin"].id for place in PLACES.values()}


def told(answers: list[Answer]) -> int:
    """How many of these go to the campaigners."""
    return sum(answer.where in OFFICES for answer in answers)


async def test_strangers_are_heard_up_to_a_point_and_its_own_people_always(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        await stage.say(voice("Camille"), "!sign")
        notices = refused = 0
        for number in range(disputing.MOST_BY_STRANGERS + 5):
            who = Voice(Address(MATRIX, f"@stranger{number}:mail.example"), "Somebody")
            asked = await stage.say(who, "!dispute Nuage Libre no")
            answers = await stage.say(who, "!confirm")
            notices += told(answers)
            refused += answers[0].ids[0].startswith("Too many")
            assert told(asked) == 0
        assert notices == 2 * len(OFFICES), "once about a signature, and once that no more are taken"
        assert refused == 0, "the question is not even asked any more"
        listed = await stage.say(voice("Maud"), "!disputes", "admin")
        assert len(listed[0].message.lines) == disputing.MOST_BY_STRANGERS + 2
        answers = await stage.say(voice("Dom"), "!dispute Nuage Libre we never voted")
        assert told(answers) == len(OFFICES)


async def test_the_campaigners_are_not_told_of_every_signature_one_by_one(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        maud = voice("Maud")
        notices = 0
        for number in range(disputing.TOLD_OF + 4):
            await stage.say(maud, f"!org add Verger{number}", "admin")
            signer = Voice(Address(MATRIX, f"@signer{number}:mail.example"), "Signer")
            await stage.say(maud, f"!org rep {signer.address.id} Verger{number}", "admin")
            await stage.say(signer, f"!sign Verger{number}")
            who = Voice(Address(MATRIX, f"@stranger{number // 2}:mail.example"), "Somebody")
            await stage.say(who, f"!dispute Verger{number} no")
            notices += told(await stage.say(who, "!confirm"))
        assert notices == disputing.TOLD_OF * len(OFFICES)


async def test_the_campaigners_are_told_once_that_strangers_disputes_are_full(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        maud, full = voice("Maud"), 0
        signatures = disputing.MOST_BY_STRANGERS // disputing.MOST_BY_ONE + 2
        for number in range(disputing.MOST_BY_ONE):
            signer = Voice(Address(MATRIX, f"@signer{number}:mail.example"), "Signer")
            await stage.say(maud, f"!org add Verger{number}", "admin")
            await stage.say(maud, f"!org rep {signer.address.id} Verger{number}", "admin")
            await stage.say(signer, f"!sign Verger{number}")
        for stranger in range(signatures):
            who = Voice(Address(MATRIX, f"@stranger{stranger}:mail.example"), "Somebody")
            for number in range(disputing.MOST_BY_ONE):
                await stage.say(who, f"!dispute Verger{number} no")
                answers = await stage.say(who, "!confirm")
                full += sum(
                    one.startswith("⚠️ {count} disputes of people") for answer in answers for one in answer.ids
                )
        assert full == len(OFFICES)
        answers = await stage.say(
            Voice(Address(MATRIX, "@signer0:mail.example"), "Signer"), "!dispute Verger1 no"
        )
        assert answers[0].ids[0].startswith("Too many")
        answers = await stage.say(maud, "!dispute Verger1 the board wrote to me", "admin")
        assert answers[0].ids[0].startswith("Noted"), "its own people's and a campaigner's are always taken"


async def test_a_yes_to_whether_one_may_sign_disputes_no_signature_given_meanwhile(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        await stage.say(voice("Sacha"), "!sign Nuage Libre")
        await stage.say(voice("Camille"), "!sign")
        (asked,) = await stage.say(voice("Sacha"), "!confirm")
        assert asked.ids[0].startswith("Somebody has already signed"), (
            "nobody asked whether that one is wrong"
        )
        (none,) = await stage.say(voice("Maud"), "!disputes", "admin")
        assert none.ids == ["No signature is disputed."]
        said = await stage.say(voice("Sacha"), "!confirm")
        assert said[0].ids[0].startswith("Noted: you dispute")


async def test_a_yes_to_disputing_one_signature_disputes_none_that_came_after_it(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        await stage.say(voice("Lou"), "!sign Nuage Libre")
        await stage.say(voice("Lou"), "!confirm")
        (asked,) = await stage.say(voice("Sacha"), "!sign Nuage Libre")
        assert asked.ids[0].startswith("Somebody has already signed")
        await stage.say(voice("Camille"), "!sign")
        (said,) = await stage.say(voice("Sacha"), "!confirm")
        assert said.ids[0].startswith("There is no signature no. {number}, or it has ended.")
        (none,) = await stage.say(voice("Maud"), "!disputes", "admin")
        assert none.ids == ["No signature is disputed."]


async def test_a_disputed_signature_that_is_taken_back_and_given_again_is_disputed_still(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as stage:
        camille, dom, maud = voice("Camille"), voice("Dom"), voice("Maud")
        await stage.say(camille, "!sign")
        await stage.say(dom, "!dispute Nuage Libre we never voted")
        for _ in range(3):
            answers = await stage.say(camille, "!withdraw")
            assert told(answers) == len(OFFICES)
            assert any(one.startswith("{names}: {line}") for answer in answers for one in answer.ids)
            (none,) = await stage.say(maud, "!disputes", "admin")
            assert none.ids == ["No signature is disputed."]
            answers = await stage.say(camille, "!sign")
            assert answers[0].ids[-1].startswith("⚠️ It is disputed")
            assert told(answers) == len(OFFICES)
            assert len(answers) == 1 + len(OFFICES), "who disputed it has been told that it may come"
        (listed,) = await stage.say(maud, "!disputes", "admin")
        assert [line.values.get("reason") for line in listed.message.lines[1:-1]] == ["we never voted"]
        assert listed.message.lines[1].values["number"] == 4
        await stage.say(maud, "!verify 4", "admin")
        await stage.say(camille, "!withdraw")
        (signed,) = await stage.say(camille, "!sign")
        assert not signed.ids[-1].startswith("⚠️"), "a campaigner has decided"


async def test_what_was_disputed_is_no_more_once_somebody_else_has_signed(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        await stage.say(voice("Camille"), "!sign")
        await stage.say(voice("Dom"), "!dispute Nuage Libre we never voted")
        answers = await stage.say(voice("Camille"), "!withdraw")
        assert told(answers) == len(OFFICES), "the campaigners know that it is not theirs that has ended it"
        for signer in ("Dom", "Camille"):
            (signed,) = await stage.say(voice(signer), "!sign Nuage Libre")
            assert signed.ids[0].startswith("✅")
            assert not signed.ids[-1].startswith("⚠️")
            await stage.say(voice(signer), "!withdraw Nuage Libre")


async def test_the_campaigners_are_told_once_of_a_disputed_signature_that_a_stranger_gives_again(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as stage:
        await stage.say(voice("Sacha"), "!sign Nuage Libre")
        await stage.say(voice("Sacha"), "!confirm")
        await stage.say(voice("Dom"), "!dispute Nuage Libre we never voted")
        await stage.say(voice("Sacha"), "!withdraw Nuage Libre")
        await stage.say(voice("Sacha"), "!sign Nuage Libre")
        answers = await stage.say(voice("Sacha"), "!confirm")
        assert told(answers) == len(OFFICES)
        assert answers[0].ids[-1].startswith("⚠️ It is disputed")
        (listed,) = await stage.say(voice("Maud"), "!disputes", "admin")
        assert listed.message.lines[1].values["number"] == 2


async def test_who_confirms_a_signature_disputes_it_no_more(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        stage.database.transaction(lambda storage: storage.campaigns.change(1, second_person=True))
        await stage.say(voice("Camille"), "!sign")
        await stage.say(voice("Dom"), "!dispute Nuage Libre we never voted")
        await stage.say(voice("Lou"), "!dispute Nuage Libre nor did we")
        await stage.say(voice("Lou"), "!confirm")
        await stage.say(voice("Dom"), "!confirm Nuage Libre")
        (listed,) = await stage.say(voice("Maud"), "!disputes", "admin")
        assert [line.values.get("reason") for line in listed.message.lines[1:-1]] == ["nor did we"]


async def test_a_dispute_is_taken_back_by_whoever_opened_it_and_nobody_elses_is(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        await stage.say(voice("Camille"), "!sign")
        await stage.say(voice("Dom"), "!dispute Nuage Libre we never voted")
        await stage.say(voice("Lou"), "!dispute Nuage Libre nor did we")
        await stage.say(voice("Lou"), "!confirm")
        answers = await stage.say(voice("Lou"), "!withdraw my dispute")
        assert answers[0].ids == ["You no longer dispute the signature of **{name}** (no. {number})."]
        assert told(answers) == len(OFFICES)
        (listed,) = await stage.say(voice("Maud"), "!disputes", "admin")
        assert [line.values.get("reason") for line in listed.message.lines[1:-1]] == ["we never voted"]
        (again,) = await stage.say(voice("Lou"), "!withdraw dispute")
        assert again.ids == ["You dispute no signature."]
        answers = await stage.say(voice("Dom"), "!withdraw my dispute of Serveur du Coin")
        assert answers[0].ids == ["You dispute no signature."], (
            "no question whose yes would end the signature"
        )
        answers = await stage.say(voice("Dom"), "!withdraw ma contestation de Nuage Libre")
        assert answers[0].ids[0].startswith("You no longer dispute")
        (settled,) = await stage.say(voice("Lou"), "!dispute Nuage Libre after all")
        assert settled.ids[0].startswith("That was settled already"), "or it could be said for ever"


async def test_who_was_hidden_is_not_shown_by_the_name_of_the_account_they_have_linked_since(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as stage:
        room = PLACES[XMPP]["campaign"].id
        masked = Voice(Address(XMPP, "occupant-1", room), "Masked")
        real = Voice(Address(XMPP, "real@elsewhere.example"), "Jeanne Dupont")
        await stage.say(voice("Camille"), "!sign")
        await stage.say(masked, "!dispute Nuage Libre no")
        await stage.say(masked, "!confirm")
        (asked,) = await stage.say(real, "!link", "private")
        code = re.search(r"\b[A-HJKMNP-Z2-9]{8}\b", repr(asked.message))
        assert code is not None
        await stage.say(masked, f"!link {code[0]}")
        answers = await stage.say(voice("Maud"), "!verify 1", "admin")
        assert any(answer.where == real.address.id for answer in answers), "they are told alone"
        assert not any("Jeanne" in repr(answer.message) for answer in answers if answer.where == room)


@pytest.mark.parametrize(
    ("said", "offered"),
    [
        ("tocsin, je retire ma contestation de la signature de Nuage Libre", "dispute"),
        ("tocsin, I withdraw my dispute", "dispute"),
        ("tocsin, on retire notre signature contestée", "signature"),
        ("tocsin, je retire ma signature, elle est contestée", "signature"),
    ],
)
async def test_a_dispute_and_a_disputed_signature_are_told_apart(
    tmp_path: Path, said: str, offered: str
) -> None:
    with opened(tmp_path) as stage:
        await stage.say(voice("Camille"), "!sign")
        (asked,) = await stage.say(voice("Camille"), said)
        (done,) = await stage.say(voice("Camille"), "!confirm")
        withdrawn = done.ids[0].startswith("The signature of **{name}** is taken back")
        assert withdrawn == (offered == "signature"), (asked.ids, done.ids)


async def test_what_is_disputed_outlives_that_the_organisation_is_merged(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        camille, maud = voice("Camille"), voice("Maud")
        await stage.say(maud, "!org add Verger", "admin")
        await stage.say(maud, f"!org rep {camille.address.id} Verger", "admin")
        await stage.say(camille, "!sign Nuage Libre")
        await stage.say(voice("Dom"), "!dispute Nuage Libre we never voted")
        await stage.say(camille, "!sign Verger")
        await stage.say(maud, "!org merge Verger = Nuage Libre", "admin")
        await stage.say(maud, "!confirm", "admin")
        await stage.say(camille, "!withdraw Nuage Libre")
        answers = await stage.say(camille, "!sign Nuage Libre")
        assert any(one.startswith("⚠️ It is disputed") for one in answers[0].ids)


async def test_who_signs_a_changed_letter_again_disputes_it_no_more(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        await stage.say(voice("Camille"), "!sign")
        await stage.say(voice("Dom"), "!dispute Nuage Libre we never voted")

        def changed(storage: Storage) -> None:
            campaign = storage.campaigns.all()[0]
            storage.letters.add(
                campaign.id, "en", stage.now, title="L", summary="", text="Other.", change="material"
            )

        stage.database.transaction(changed)
        await stage.say(voice("Dom"), "!sign Nuage Libre")
        (listed,) = await stage.say(voice("Maud"), "!disputes", "admin")
        assert listed.ids == ["No signature is disputed."]
