"""What a reload says needs a restart, what it tells the campaigners, and how it is answered when it cannot be done."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from bot.app import App
from bot.files import reload
from bot.files.reload import Reload, Reloaded, ask, needs_restart, summary
from bot.health.health import Health, save, write
from campaign.chat import MATRIX, Address, Message
from campaign.organisation import normal_form
from campaign.roster import Changes
from storage.opening import open_database
from storage.trouble import StorageError, StorageFull
from tests.bot.scripted import CONFIG, NOW, ROSTER, config, plain, waiting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage.database import Database
    from storage.storage import Storage


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path / "data")
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("old", "new", "keys"),
    [
        ('language = "en"', 'language = "fr"', ["bot.language"]),
        ('["@maud:example.org", ', "[", ["bot.admins"]),
        ('[xmpp]\njid = "tocsin@example.org"', "", ["xmpp.jid", "xmpp.nick", "xmpp.tls"]),
        ('"xmpp:forge@rooms.example.org"', '"xmpp:other@rooms.example.org"', ["campaigns.ngi.rooms"]),
        ("campaigns.ngi", "campaigns.cra", ["campaigns.cra"]),
        ("[xmpp]", '[authority]\npublic_providers = ["a.example"]\n[xmpp]', ["authority.public_providers"]),
        ("[xmpp]", "[privacy]\nkeep_days = 9\n[xmpp]", ["privacy.keep_days"]),
        ('title = "Save it"', 'title = "Save it now"', []),
    ],
)
def test_what_needs_a_restart_is_named(tmp_path: Path, old: str, new: str, keys: list[str]) -> None:
    before = config(tmp_path).settings
    assert old in CONFIG
    text = CONFIG.replace(old, new)
    if "[xmpp]" not in text:
        text = text.replace(', "xmpp:forge@rooms.example.org"', "")
        keys = [*keys, "campaigns.ngi.rooms"]
    assert needs_restart(before, config(tmp_path, text).settings) == keys


def test_the_campaigners_are_told_in_a_few_lines() -> None:
    changes = Changes(
        [f"Org {number}" for number in range(12)], {"Picasoft": ["website"]}, {"NL": ["name"]}, ["Hublot"], ["x: y"]
    )  # fmt: skip
    assert plain(Message(summary(changes))).splitlines() == [
        "📋 I have read the organisations' file again:",
        "• added (12): Org 0, Org 1, Org 2, Org 3, Org 4, Org 5, Org 6, Org 7, Org 8, Org 9, …",
        "• changed (1): Picasoft",
        "• kept as said in chat (1): NL",
        "• no longer in the file, but they stay (1): Hublot",
        "• not taken: 1. Whoever runs me sees why.",
    ]
    assert len(plain(Message(summary(changes)), "fr").splitlines()) == 6


async def test_only_the_campaigners_are_told_and_only_of_changes(database: Database, tmp_path: Path) -> None:
    what = config(tmp_path)
    bot = App(what, database, {}, lambda: NOW)
    await bot.open()
    reading = Reload(bot, what, database, lambda: NOW)

    def join(storage: Storage) -> None:
        for room in storage.rooms.wanted(MATRIX):
            storage.rooms.change(room.id, state="joined")

    await database.write(join)
    before = await waiting(database, MATRIX)
    assert (await reading.read()).changes == []
    assert await waiting(database, MATRIX) == before
    config(tmp_path, roster=ROSTER + "Chapril,,,\n")
    assert (await reading.read()).changes == ["added: Chapril"]
    told = [one for one in await waiting(database, MATRIX) if one not in before]
    assert [room for room, _ in told] == ["!team:example.org"]


async def test_a_letter_that_waits_for_an_answer_is_named_each_time(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    what = config(tmp_path)
    bot = App(what, database, {}, lambda: NOW)
    await bot.open()
    reading = Reload(bot, what, database, lambda: NOW)
    assert (await reading.read()).letters == []
    waits = (
        "campaigns.ngi.letter.en: the text in this file waits for a campaigner to say `!letter minor`, "
        "`!letter material` or `!letter drop`"
    )
    config(tmp_path, letter="It must be now.")
    for _ in range(2):
        with caplog.at_level("INFO", "bot.files.reload"):
            done = await reading.read()
        assert (done.changes, done.letters) == ([], [waits])
        assert waits in caplog.text, "whoever sends SIGHUP has the log alone"
        caplog.clear()

    def drop(storage: Storage) -> None:
        (campaign,) = storage.campaigns.open()
        for draft in storage.letters.pending(campaign.id):
            storage.letters.settle(draft.id, "dropped", NOW)

    await database.write(drop)
    (said,) = (await reading.read()).letters
    assert said.startswith("campaigns.ngi.letter.en: the text in this file was not taken by the campaigners")
    config(tmp_path)
    assert (await reading.read()).letters == []


async def test_a_translation_that_is_taken_at_once_is_named(database: Database, tmp_path: Path) -> None:
    both = 'letter = { fr = "fr.md", en = "en.md" }'
    what = config(tmp_path, CONFIG.replace(both, 'letter = { fr = "fr.md" }'))
    bot = App(what, database, {}, lambda: NOW)
    await bot.open()
    reading = Reload(bot, what, database, lambda: NOW)
    config(tmp_path)
    assert (await reading.read()).letters == ["campaigns.ngi.letter.en: taken, for there was none"]
    assert (await reading.read()).letters == []


async def test_who_speaks_by_a_domain_does_so_until_the_bot_goes_by_the_new_setting(
    database: Database, tmp_path: Path
) -> None:
    roster = "name,website\nPicasoft,https://picasoft.example\n"
    what = config(tmp_path, roster=roster)
    bot = App(what, database, {}, lambda: NOW)
    await bot.open()
    reading = Reload(bot, what, database, lambda: NOW)

    def speak(storage: Storage) -> int:
        found = storage.organisations.find(normal_form("Picasoft"))
        person = storage.people.ensure(Address(MATRIX, "@bo:picasoft.example"), "Bo", NOW)
        assert found is not None
        storage.representatives.represent(found.id, person.id, "domain", NOW)
        return found.id

    picasoft = await database.write(speak)
    config(tmp_path, '[authority]\npublic_providers = ["picasoft.example"]\n' + CONFIG, roster=roster)
    done = await reading.read()
    assert done.restart == ["authority.public_providers"]
    assert await database.write(lambda storage: len(storage.representatives.of(picasoft))) == 1


async def test_a_full_disk_changes_nothing_and_is_said(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    what = config(tmp_path)

    async def full(_: object) -> None:
        raise StorageFull("the disk is full")

    monkeypatch.setattr(database, "write", full)
    done = await Reload(App(what, database, {}), what, database).read()
    assert done.trouble == "the disk is full"
    assert not done.changes


def health(**values: object) -> Health:
    now = datetime.now(UTC)
    given = {"process": os.getpid(), "started": now, "said": now, "networks": {}, **values}
    return Health.model_validate(given)


@pytest.mark.parametrize(
    "values",
    [
        {"stopped": datetime.now(UTC)},
        {"said": datetime.now(UTC) - timedelta(minutes=5)},
        {"process": 2**22 + 1},
    ],
)
def test_nobody_is_signalled_who_may_not_be_the_bot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, values: dict[str, object]
) -> None:
    write(tmp_path, health(**values))
    real = os.kill
    monkeypatch.setattr(
        os, "kill", lambda process, number: real(process, number) if not number else pytest.fail("signalled")
    )
    with pytest.raises(StorageError, match="no bot is running on"):
        ask(tmp_path)


def test_an_answer_to_an_earlier_question_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, health())
    save(tmp_path / reload.FILE, Reloaded(began=datetime.now(UTC) - timedelta(seconds=1)))
    monkeypatch.setattr(os, "kill", lambda *_: None)
    monkeypatch.setattr(reload, "WITHIN", 0.2)
    with pytest.raises(StorageError, match="has not answered within"):
        ask(tmp_path)
