"""What a config names is brought into the database at each start, and nothing said in chat is lost by it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.config import deadline_of, load
from bot.files.opening import differences, open_campaigns
from campaign.chat import MATRIX, XMPP, Address, Message, say
from campaign.organisation import normal_form
from storage.messages import thaw
from storage.opening import open_database
from tests.bot.scripted import ANA, CONFIG, COOP, FORGE, NOW, PASSWORDS, begun, config, plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.config import Config
    from campaign.letter import Change
    from storage.database import Database
    from storage.storage import Storage


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path / "data")
    yield opened
    opened.close()


def bring(database: Database, what: Config, after: timedelta = timedelta()) -> list[str]:
    """Bring a config in; return what its files changed, but for what is new."""
    changes = database.transaction(lambda storage: open_campaigns(storage, what, NOW + after))
    return [line for line in changes.lines() if not line.startswith("added: ")]


def said(database: Database, what: Config) -> list[str]:
    return database.transaction(lambda storage: differences(storage, what), writes=False)


def everything(database: Database) -> str:
    """Every row there is."""

    def dump(storage: Storage) -> str:
        raw = storage._connection.connection.driver_connection
        assert raw is not None
        return "\n".join(raw.iterdump())

    return database.transaction(dump, writes=False)


def sign(database: Database, organisation: str = "Picasoft") -> None:
    """Let a representative have signed."""

    def work(storage: Storage) -> None:
        campaign = storage.campaigns.find("ngi")
        found = storage.organisations.find(normal_form(organisation))
        room = storage.rooms.find(MATRIX, COOP.id)
        person = storage.people.ensure(ANA, "Ana", NOW)
        assert campaign is not None
        assert found is not None
        assert room is not None
        storage.signatures.add(
            campaign.id,
            organisation_id=found.id,
            person_id=person.id,
            address_id=person.address_id,
            letter_id=storage.letters.in_language(campaign.id, "en").id,
            room_id=room.id,
            level="confirmed",
            person_name="Ana",
            network=MATRIX,
            event="$1",
            signed_at=NOW,
        )
        storage.campaigns.stand(campaign.id, found.id, "signed", NOW)

    database.transaction(work)


def standings(database: Database) -> dict[str, str]:
    return database.transaction(
        lambda storage: {
            member.name: member.standing
            for member in storage.campaigns.members(storage.campaigns.open()[0].id)
        },
        writes=False,
    )


def speakers(database: Database, organisation: str) -> set[str]:
    def work(storage: Storage) -> set[str]:
        found = storage.organisations.find(normal_form(organisation))
        assert found is not None
        return {
            address.id
            for person in storage.representatives.of(found.id)
            for address in storage.people.addresses(person)
        }

    return database.transaction(work, writes=False)


def letters(database: Database) -> list[tuple[str, int, str]]:
    return database.transaction(
        lambda storage: [
            (letter.language, letter.version, letter.text.split("\n\n")[1].strip())
            for letter in storage.letters.current(1)
        ],
        writes=False,
    )


def test_a_campaign_is_opened_with_all_its_config_says(database: Database, tmp_path: Path) -> None:
    what = config(tmp_path)
    assert bring(database, what) == []
    assert standings(database) == {"Nuage Libre": "silent", "Picasoft": "silent"}
    assert speakers(database, "picasoft") == {"@ana:example.org"}
    assert letters(database) == [("fr", 1, "Il le faut."), ("en", 1, "It must be.")]

    def work(storage: Storage) -> tuple[list[str], list[str], list[str], object]:
        (campaign,) = storage.campaigns.open()
        (deadline,) = storage.deadlines.of_campaign(campaign.id)
        rooms = storage.rooms.of_campaign(campaign.id, joined=False)
        return (
            [room.address for room in rooms],
            [room.address for room in storage.rooms.admin_rooms()],
            [room.address for room in storage.rooms.wanted(XMPP)],
            deadline.at,
        )

    listed, admin, wanted, at = database.transaction(work, writes=False)
    assert listed == ["!coop:example.org", "forge@rooms.example.org"]
    assert admin == ["!team:example.org"]
    assert wanted == ["forge@rooms.example.org"]
    assert at == deadline_of(what.settings.campaigns["ngi"], "Europe/Paris")
    assert said(database, what) == []


def test_the_same_config_again_changes_nothing(database: Database, tmp_path: Path) -> None:
    bring(database, config(tmp_path))
    sign(database)
    before = everything(database)
    assert bring(database, config(tmp_path), timedelta(days=3)) == []
    assert everything(database) == before


def settle(database: Database, change: Change) -> None:
    """Let a campaigner have said what the texts that wait are."""

    def work(storage: Storage) -> None:
        for one in storage.letters.pending(1):
            storage.letters.settle(one.id, change, NOW)

    database.transaction(work)


def drafts(database: Database) -> list[tuple[str, int, str, int | None]]:
    return database.transaction(
        lambda storage: [
            (one.language, one.version, one.change, one.root_id) for one in storage.letters.drafts(1)
        ],
        writes=False,
    )


def said_to_campaigners(database: Database) -> list[str]:
    """Every line that waits for the campaigners' room."""

    def work(storage: Storage) -> list[str]:
        return [
            line.id
            for network in (MATRIX, XMPP)
            for row in storage.outbox.waiting(network)
            for line in thaw(row.message).lines
        ]

    return database.transaction(work, writes=False)


def test_a_changed_text_waits_for_a_campaigner_and_who_signed_has_signed_the_old_one(
    database: Database, tmp_path: Path
) -> None:
    bring(database, config(tmp_path))
    sign(database)
    changed = config(tmp_path, letter="It really must be.")
    assert said(database, changed) == [
        "campaigns.ngi.letter.en: the text in this file has changed: campaigners are asked about it at the next start or `tocsin reload`"
    ]
    bring(database, changed, timedelta(days=1))
    assert letters(database) == [("fr", 1, "Il le faut."), ("en", 1, "It must be.")]
    assert drafts(database) == [("en", 2, "pending", 1)]
    assert len(said_to_campaigners(database)) == 3
    assert "waits for a campaigner" in said(database, changed)[0]
    before = everything(database)
    bring(database, changed, timedelta(days=2))
    assert everything(database) == before  # asked once

    settle(database, "minor")
    assert letters(database) == [("fr", 1, "Il le faut."), ("en", 2, "It really must be.")]
    assert said(database, changed) == []

    def signed(storage: Storage) -> tuple[str, int]:
        (signature,) = storage.signatures.all_standing(1)
        return storage.letters.get(signature.letter_id).text, signature.version

    text, version = database.transaction(signed, writes=False)
    assert version == 1
    assert "It must be." in text
    assert standings(database)["Picasoft"] == "signed"


def test_a_text_that_was_dropped_is_not_asked_about_again_until_it_changes(
    database: Database, tmp_path: Path
) -> None:
    bring(database, config(tmp_path))
    bring(database, config(tmp_path, letter="It really must be."))
    settle(database, "dropped")
    asked = len(said_to_campaigners(database))
    what = config(tmp_path, letter="It really must be.")
    bring(database, what)
    assert len(said_to_campaigners(database)) == asked
    assert "was not taken" in said(database, what)[0]
    bring(database, config(tmp_path, letter="It must be, really."))
    assert drafts(database) == [("en", 2, "pending", 1)]
    assert len(said_to_campaigners(database)) > asked
    bring(database, config(tmp_path))
    assert drafts(database) == []


def test_a_translation_that_changes_with_the_root_is_of_the_new_one(
    database: Database, tmp_path: Path
) -> None:
    bring(database, config(tmp_path))
    config(tmp_path, letter="It really must be.")
    (tmp_path / "fr.md").write_text("# Sauvons-le\n\nIl le faut vraiment.\n")
    bring(database, load(tmp_path / "config.toml", environment=PASSWORDS))
    (fr, _, _, _), (en, version, change, root) = drafts(database)
    assert (fr, en, version, change) == ("fr", "en", 2, "pending")
    assert root == next(one.id for one in database.transaction(lambda it: it.letters.pending(1)))
    # The root's file is changed back: what is left is a translation of the root as it was.
    (tmp_path / "fr.md").write_text("# Sauvons-le\n\nIl le faut.\n")
    bring(database, load(tmp_path / "config.toml", environment=PASSWORDS))
    assert drafts(database) == [("en", 2, "pending", 1)]


def test_a_new_language_waits_with_a_root_that_waits(database: Database, tmp_path: Path) -> None:
    only = CONFIG.replace('{ fr = "fr.md", en = "en.md" }', '{ fr = "fr.md" }')
    bring(database, config(tmp_path, only))
    config(tmp_path)
    (tmp_path / "fr.md").write_text("# Sauvons-le\n\nIl le faut vraiment.\n")
    bring(database, load(tmp_path / "config.toml", environment=PASSWORDS))
    assert [language for language, _, _ in letters(database)] == ["fr"]
    assert [one[:3] for one in drafts(database)] == [("fr", 2, "pending"), ("en", 1, "pending")]
    (tmp_path / "fr.md").write_text("# Sauvons-le\n\nIl le faut.\n")
    bring(database, load(tmp_path / "config.toml", environment=PASSWORDS))
    assert letters(database) == [("fr", 1, "Il le faut."), ("en", 1, "It must be.")]
    assert drafts(database) == []


def test_a_draft_whose_file_is_no_longer_named_is_forgotten(database: Database, tmp_path: Path) -> None:
    only = CONFIG.replace('{ fr = "fr.md", en = "en.md" }', '{ fr = "fr.md" }')
    bring(database, config(tmp_path))
    bring(database, config(tmp_path, letter="It really must be."))
    bring(database, config(tmp_path, only))
    assert drafts(database) == []
    assert letters(database) == [("fr", 1, "Il le faut."), ("en", 1, "It must be.")]


def test_a_changed_root_stays_the_root(database: Database, tmp_path: Path) -> None:
    bring(database, config(tmp_path))
    (tmp_path / "fr.md").write_text("# Sauvons-le\n\nIl le faut vraiment.\n")
    bring(database, load(tmp_path / "config.toml", environment=PASSWORDS))
    settle(database, "material")
    assert letters(database) == [("fr", 2, "Il le faut vraiment."), ("en", 1, "It must be.")]
    assert database.transaction(lambda storage: storage.letters.in_language(1, "de").language) == "fr"
    assert database.transaction(lambda storage: storage.letters.to_sign(1, "en").language) == "fr"


def test_a_translation_that_comes_later_is_added(database: Database, tmp_path: Path) -> None:
    only = CONFIG.replace('{ fr = "fr.md", en = "en.md" }', '{ fr = "fr.md" }')
    bring(database, config(tmp_path, only))
    assert [language for language, _, _ in letters(database)] == ["fr"]
    bring(database, config(tmp_path))
    assert letters(database) == [("fr", 1, "Il le faut."), ("en", 1, "It must be.")]
    bring(database, config(tmp_path, only))
    assert len(letters(database)) == 2


def test_who_speaks_by_a_domain_speaks_until_it_is_named_as_public(
    database: Database, tmp_path: Path
) -> None:
    roster = "name,website\nPicasoft,https://picasoft.example\n"
    bring(database, config(tmp_path, roster=roster))

    def work(storage: Storage) -> None:
        found = storage.organisations.find(normal_form("Picasoft"))
        person = storage.people.ensure(Address(MATRIX, "@bo:matrix.picasoft.example"), "Bo", NOW)
        assert found is not None
        storage.representatives.represent(found.id, person.id, "domain", NOW)

    database.transaction(work)
    bring(database, config(tmp_path, roster=roster))
    assert speakers(database, "Picasoft") == {"@bo:matrix.picasoft.example"}
    public = '[authority]\npublic_providers = ["PicaSoft.example."]\n'
    bring(database, config(tmp_path, public + CONFIG, roster=roster))
    assert speakers(database, "Picasoft") == set()


def test_a_deadline_moved_in_chat_stays_and_the_difference_is_said(
    database: Database, tmp_path: Path
) -> None:
    what = config(tmp_path)
    bring(database, what)
    moved = NOW + timedelta(days=40)
    database.transaction(lambda storage: storage.deadlines.put(1, "", moved, "Europe/Paris", NOW))
    bring(database, what)
    (kept,) = database.transaction(lambda storage: storage.deadlines.of_campaign(1))
    assert (kept.at, kept.version) == (moved, 2)
    (difference,) = said(database, what)
    assert difference.startswith("campaigns.ngi.deadline: 2027-09-30 18:00 (Europe/Paris) here")
    assert "2027-10-11 12:00" in difference


def test_a_deadline_changed_in_the_file_alone_stays_and_the_difference_is_said(
    database: Database, tmp_path: Path
) -> None:
    bring(database, config(tmp_path))
    later = config(tmp_path, CONFIG.replace("2027-09-30", "2027-10-30"))
    bring(database, later)
    (kept,) = database.transaction(lambda storage: storage.deadlines.of_campaign(1))
    assert kept.version == 1
    (difference,) = said(database, later)
    assert "2027-10-30 18:00 (Europe/Paris) here" in difference
    assert "2027-09-30 18:00 (Europe/Paris) in the campaign" in difference


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('title = "Save it"', 'title = "Save it now"', "title"),
        ('title = "Save it"', 'title = "Save it"\ngoal = 12', "goal"),
        ('["7d", "1d", "2h"]', '["7d"]', "reminders"),
        ('title = "Save it"', 'title = "Save it"\ncounts = "declared"', "counts"),
        ('title = "Save it"', 'title = "Save it"\nlanguage = "fr"', "language"),
        ('title = "Save it"', 'title = "Save it"\nsecond_person = true', "second_person"),
        ('title = "Save it"', 'title = "Save it"\ncivil_hours = "08:00-21:00"', "civil_hours"),
        ('title = "Save it"', 'title = "Save it"\nlink = "https://a.example.org"', "link"),
    ],
)
def test_what_the_campaign_holds_otherwise_is_said(
    database: Database, tmp_path: Path, old: str, new: str, key: str
) -> None:
    bring(database, config(tmp_path))
    other = config(tmp_path, CONFIG.replace(old, new))
    bring(database, other)
    (difference,) = said(database, other)
    assert difference.startswith(f"campaigns.ngi.{key}: ")


def test_the_collective_is_named_once_and_is_none_of_its_organisations(
    database: Database, tmp_path: Path
) -> None:
    bring(database, config(tmp_path))
    named = config(
        tmp_path, CONFIG.replace('title = "Save it"', 'title = "Save it"\ncollective = "All of Us"')
    )
    bring(database, named)
    bring(database, named)

    def collective(storage: Storage) -> tuple[str, bool]:
        campaign = storage.campaigns.get(1)
        assert campaign.collective_id is not None
        one = storage.organisations.get(campaign.collective_id)
        return one.name, storage.campaigns.member(1, one.id) is not None

    assert database.transaction(collective) == ("All of Us", False)
    assert said(database, named) == []
    other = config(tmp_path, CONFIG.replace('title = "Save it"', 'title = "Save it"\ncollective = "Others"'))
    bring(database, other)
    (difference,) = said(database, other)
    assert difference.startswith("campaigns.ngi.collective: Others here, but All of Us in the campaign")


def test_a_campaign_that_is_no_longer_named_stays_open_and_that_is_said(
    database: Database, tmp_path: Path
) -> None:
    bring(database, config(tmp_path))
    sign(database)
    without = config(tmp_path, CONFIG.partition("[campaigns")[0])
    bring(database, without)
    assert standings(database)["Picasoft"] == "signed"
    assert said(database, without) == ["campaigns.ngi: no longer here, but still open"]


def test_a_room_that_was_renamed_by_its_server_is_found_by_the_alias_it_was_asked_for(
    database: Database, tmp_path: Path
) -> None:
    what = config(tmp_path, CONFIG.replace("!coop:example.org", "#coop:example.org"))
    bring(database, what)

    def resolve(storage: Storage) -> None:
        room = storage.rooms.find(MATRIX, "#coop:example.org")
        assert room is not None
        storage.rooms.change(room.id, address="!resolved", alias="#coop:example.org", state="joined")

    database.transaction(resolve)
    bring(database, what)
    rooms = database.transaction(lambda storage: [room.address for room in storage.rooms.of_campaign(1)])
    assert rooms == ["!resolved"]


def test_a_second_campaign_shares_organisations_and_has_signatures_of_its_own(
    database: Database, tmp_path: Path
) -> None:
    bring(database, config(tmp_path))
    sign(database)
    both = CONFIG + CONFIG[CONFIG.index("[campaigns.ngi]") :].replace("ngi", "cra")
    assert bring(database, config(tmp_path, both)) == []

    def work(storage: Storage) -> list[tuple[str, str]]:
        other = storage.campaigns.find("cra")
        assert other is not None
        return [(member.name, member.standing) for member in storage.campaigns.members(other.id)]

    assert database.transaction(work) == [("Nuage Libre", "silent"), ("Picasoft", "silent")]
    assert standings(database)["Picasoft"] == "signed"


def test_a_campaign_has_its_title_in_each_language_and_takes_one_more_later(
    tmp_path: Path, database: Database
) -> None:
    def read(title: str) -> list[str]:
        what = config(tmp_path, CONFIG.replace('title = "Save it"', f"title = {title}"))

        def work(storage: Storage) -> list[str]:
            open_campaigns(storage, what, NOW)
            return differences(storage, what)

        return database.transaction(work)

    def shown(language: str) -> str:
        found = database.transaction(lambda storage: storage.campaigns.get(1))
        return plain(Message((say("{title}", title=found.named),)), language)

    assert read('"Save it"') == []
    assert shown("fr") == "Save it"
    assert read('{ fr = "Sauvons-le", en = "Save it" }') == []
    assert (shown("fr"), shown("en")) == ("Sauvons-le", "Save it")
    (told,) = read('{ fr = "Sauvons-les", en = "Save it" }')
    assert told.startswith(
        "campaigns.ngi.title: fr Sauvons-les, en Save it here, but fr Sauvons-le, en Save it"
    )
    assert shown("fr") == "Sauvons-le"


def test_a_room_that_was_replaced_is_not_listed_again_at_the_next_start(tmp_path: Path) -> None:
    with begun(tmp_path, COOP) as database:

        def work(storage: Storage) -> list[tuple[str, str]]:
            old = storage.rooms.find(COOP.network, COOP.id)
            assert old is not None
            new = storage.rooms.ensure(COOP.network, "!next:example.org", state="joined")
            storage.rooms.change(old.id, state="parked", why="replaced")
            storage.rooms.succeed(old, new.id)
            open_campaigns(storage, config(tmp_path), NOW)
            return [(one.address, one.state) for one in storage.rooms.of_campaign(1, joined=False)]

        assert database.transaction(work) == [("!next:example.org", "joined"), (FORGE.id, "wanted")]
