"""The organisations' file is followed where it alone spoke, and what was said in chat is never overwritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.files.opening import open_campaigns
from campaign.chat import MATRIX, XMPP, Address
from campaign.organisation import normal_form
from commands.organisations import authority
from storage.opening import open_database
from tests.bot.scripted import ANA, CONFIG, MAUD, NOW, ROSTER, config

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from storage.database import Database
    from storage.organisations import Organisation
    from storage.storage import Storage

BO = Address(XMPP, "bo@example.org")
HEADER = "name,aliases,website,domain,funded,testimony,representatives,deputies\n"


class Files:
    """A bot's config and its database, between which a file is read again and again."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder, self.database = folder, database

    def read(self, roster: str = ROSTER, text: str = CONFIG) -> list[str]:
        """Read a file; return what it changed."""
        what = config(self.folder, text, roster)
        return self.database.transaction(lambda storage: open_campaigns(storage, what, NOW)).lines()

    def line(self, *values: str) -> list[str]:
        """Read a file of one line."""
        return self.read(HEADER + ",".join((*values, *[""] * (8 - len(values)))) + "\n")

    def find(self, name: str) -> Organisation:
        found = self.database.transaction(lambda storage: storage.organisations.find(normal_form(name)))
        assert found is not None, name
        return found

    def chat(self, name: str = "Picasoft", **values: Any) -> None:
        """Change an organisation as somebody does in chat."""
        found = self.find(name)
        self.database.transaction(lambda storage: storage.organisations.change(found.id, **values))

    def names(self, name: str = "Picasoft") -> set[str]:
        found = self.find(name)
        return set(self.database.transaction(lambda storage: storage.organisations.names_of(found.id)))

    def speakers(self, name: str = "Picasoft") -> dict[str, tuple[str, bool]]:
        """Account → on whose word, and whether as a deputy."""
        found = self.find(name)

        def work(storage: Storage) -> dict[str, tuple[str, bool]]:
            return {
                address.id: (one.how, one.deputy)
                for one in storage.representatives.people(found.id)
                for address in storage.people.addresses(one.person_id)
            }

        return self.database.transaction(work, writes=False)

    def rows(self) -> list[str]:
        def work(storage: Storage) -> list[str]:
            raw = storage._connection.connection.driver_connection
            assert raw is not None
            return list(raw.iterdump())

        return self.database.transaction(work, writes=False)


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Files]:
    database = open_database(tmp_path / "data")
    yield Files(tmp_path, database)
    database.close()


def test_what_a_file_says_first_is_taken_as_it_stands(files: Files) -> None:
    said = files.line(
        "Picasoft", "Pica|PS", "picasoft.example.org", "pica.example", "direct", "Quatre ans",
        "@ana:example.org", "xmpp:bo@example.org",
    )  # fmt: skip
    assert said == ["added: Picasoft"]
    found = files.find("ps")
    assert (found.name, found.website, found.domain) == (
        "Picasoft",
        "https://picasoft.example.org",
        "pica.example",
    )
    assert (found.funded, found.testimony, found.flagged) == ("direct", "Quatre ans", False)
    assert files.speakers() == {"@ana:example.org": ("roster", False), "bo@example.org": ("roster", True)}


def test_the_same_file_again_changes_nothing(files: Files) -> None:
    files.line("Picasoft", "Pica", "picasoft.example.org", "", "direct", "Oui", "@ana:example.org")
    before = files.rows()
    assert (
        files.line("Picasoft", "Pica", "picasoft.example.org", "", "direct", "Oui", "@ana:example.org") == []
    )
    assert files.rows() == before


@pytest.mark.parametrize(
    ("column", "at", "old", "new"),
    [
        ("website", 2, "https://a.example.org", "https://b.example.org"),
        ("website", 2, "https://a.example.org", ""),
        ("domain", 3, "a.example", "b.example"),
        ("domain", 3, "a.example", ""),
        ("funded", 4, "direct", "none"),
        ("funded", 4, "direct", ""),
        ("testimony", 5, "Oui", "Non"),
        ("testimony", 5, "Oui", ""),
    ],
)
@pytest.mark.parametrize("in_chat", [False, True])
def test_a_value_is_followed_unless_it_was_said_otherwise_in_chat(
    files: Files, column: str, at: int, old: str, new: str, *, in_chat: bool
) -> None:
    files.line(*("Picasoft", "", "", "", "", "")[:at], old)
    if in_chat:
        files.chat(**{column: "said in chat"})
    said = files.line(*("Picasoft", "", "", "", "", "")[:at], new)
    changed = {line.partition(": ")[2].split(" ")[1]: line for line in said}
    kind = "kept as said in chat" if in_chat else "changed"
    assert changed[column].startswith(f"{kind}: Picasoft: {column} ")
    assert getattr(files.find("Picasoft"), column) == ("said in chat" if in_chat else new)
    assert files.line(*("Picasoft", "", "", "", "", "")[:at], new) == []


def test_a_file_that_did_not_change_says_nothing_of_what_was_said_in_chat(files: Files) -> None:
    files.read()
    files.chat(website="https://other.example.org")
    assert files.read() == []
    assert files.find("Picasoft").website == "https://other.example.org"


def test_an_alias_is_followed_in_both_directions(files: Files) -> None:
    files.line("Picasoft", "Pica")
    assert files.line("Picasoft", "PS") == [
        "changed: Picasoft: alias PS",
        "changed: Picasoft: no longer alias Pica",
    ]
    assert files.names() == {"Picasoft", "PS"}


def test_an_alias_said_in_chat_stays_and_one_taken_away_does_not_come_back(files: Files) -> None:
    files.line("Picasoft", "Pica|PS")
    organisation = files.find("Picasoft").id
    files.database.transaction(lambda storage: storage.organisations.alias(organisation, "La Pic", "la pic"))
    files.database.transaction(lambda storage: storage.organisations.unalias("ps"))
    assert files.line("Picasoft", "Pica|PS", "https://a.example.org")[0].startswith(
        "changed: Picasoft: website"
    )
    assert files.names() == {"Picasoft", "Pica", "La Pic"}


def test_an_alias_that_is_somebody_elses_name_is_refused_each_time_until_that_changes(files: Files) -> None:
    files.read()
    roster = "name,aliases\nPicasoft,\nNuage Libre,NL\nChapril,La Pic|Chap\n"
    organisation = files.find("Picasoft").id
    files.database.transaction(lambda storage: storage.organisations.alias(organisation, "La Pic", "la pic"))
    expected = "refused: Chapril: alias La Pic: is a name of Picasoft (if they are one: !org merge Chapril = Picasoft)"
    assert expected in files.read(roster)
    assert files.read(roster) == [expected]
    files.database.transaction(lambda storage: storage.organisations.unalias("la pic"))
    assert files.read(roster) == ["changed: Chapril: alias La Pic"]


def test_a_name_changed_in_the_file_is_followed_if_the_old_one_is_an_alias_now(files: Files) -> None:
    files.line("Picasoft", "Pica")
    before = files.find("Picasoft").id
    assert files.line("Picasoft Compiègne", "Picasoft|Pica") == [
        "changed: Picasoft: name Picasoft Compiègne (was Picasoft)"
    ]
    assert files.find("pica").id == before
    assert files.find("Picasoft").name == "Picasoft Compiègne"


def test_a_name_said_in_chat_stays(files: Files) -> None:
    files.line("Picasoft")
    found = files.find("Picasoft")
    files.database.transaction(lambda storage: storage.organisations.rename(found.id, "La Pic", "la pic"))
    assert files.line("Picasoft") == []
    assert files.line("PICASOFT") == ["kept as said in chat: La Pic: name La Pic (the file: PICASOFT)"]
    assert files.find("Picasoft").name == "La Pic"


def test_people_are_followed_with_what_they_are(files: Files) -> None:
    files.line("Picasoft", "", "", "", "", "", "@ana:example.org")
    assert files.line("Picasoft", "", "", "", "", "", "xmpp:bo@example.org", "@ana:example.org") == [
        "changed: Picasoft: deputy @ana:example.org",
        "changed: Picasoft: representative bo@example.org",
    ]
    assert files.speakers() == {"@ana:example.org": ("roster", True), "bo@example.org": ("roster", False)}
    assert files.line("Picasoft", "", "", "", "", "", "xmpp:bo@example.org") == [
        "changed: Picasoft: no longer represented by @ana:example.org"
    ]
    assert files.speakers() == {"bo@example.org": ("roster", False)}


def test_whoever_speaks_by_a_campaigners_word_stays_without_the_file(files: Files) -> None:
    files.line("Picasoft", "", "", "", "", "", "@ana:example.org|xmpp:bo@example.org")
    found = files.find("Picasoft")

    def work(storage: Storage) -> None:
        person = storage.people.ensure(ANA, "", NOW)
        storage.representatives.represent(found.id, person.id, "campaigner", NOW, deputy=True)

    files.database.transaction(work)
    assert files.line("Picasoft", "", "", "", "", "", "@ana:example.org|xmpp:bo@example.org") == []
    files.line("Picasoft")
    assert files.speakers() == {"@ana:example.org": ("campaigner", True)}


def test_who_was_revoked_in_chat_does_not_come_back_with_the_file(files: Files) -> None:
    """Nor under another of their accounts; until a campaigner says otherwise."""
    other = Address(MATRIX, "@ana:mail.example")
    roster = ROSTER.replace("@ana:example.org", "@ana:example.org|@ana:mail.example")
    files.read()
    found = files.find("Picasoft")

    def work(storage: Storage, *, granted: bool) -> None:
        maud = storage.people.ensure(MAUD, "Maud", NOW)
        person = storage.people.ensure(ANA, "Ana", NOW)
        if granted:
            storage.representatives.represent(found.id, person.id, "campaigner", NOW)
            storage.representatives.restore(found.id, person.id)
        else:
            storage.people.join(person.id, storage.people.ensure(other, "Ana", NOW).id)
            storage.representatives.revoke(found.id, person.id, NOW)
        storage.audit.right(found.id, person.id, NOW, by=maud.id, granted=granted)

    files.database.transaction(lambda storage: work(storage, granted=False))
    assert files.read() == []
    assert "kept as said in chat: Picasoft: @ana:mail.example does not speak for it" in files.read(roster)
    assert files.speakers() == {}
    files.database.transaction(lambda storage: work(storage, granted=True))
    files.read(roster)
    assert files.speakers().keys() == {"@ana:example.org", "@ana:mail.example"}


def test_who_was_revoked_does_not_come_back_by_an_account_that_turned_out_theirs(files: Files) -> None:
    other = Address(MATRIX, "@ana:mail.example")
    files.read()
    found = files.find("Picasoft")

    def revoked(storage: Storage) -> None:
        person = storage.people.ensure(ANA, "Ana", NOW)
        storage.representatives.revoke(found.id, person.id, NOW)
        storage.people.join(storage.people.ensure(other, "Ana", NOW).id, person.id)

    files.database.transaction(revoked)
    told = files.read(ROSTER.replace("@ana:example.org", "@ana:mail.example"))
    assert "kept as said in chat: Picasoft: @ana:mail.example does not speak for it" in told
    assert files.speakers() == {}


def test_who_was_forgotten_does_not_come_back_with_the_file_nor_by_their_domain(files: Files) -> None:
    """The file's digest of its people goes with them, so it is read again: once is said what it does not bring back."""
    files.read(ROSTER.replace("picasoft.example.org,", "example.org,"))
    found = files.find("Picasoft")

    def forget(storage: Storage) -> None:
        person = storage.people.find(ANA)
        assert person is not None
        storage.erasing.erase(person.id, NOW)

    def back(storage: Storage, address: Address) -> bool:
        person = storage.people.ensure(address, "A.", NOW)
        return authority.proves(storage, (), person.id, storage.organisations.get(found.id))

    files.database.transaction(forget)
    assert files.read(ROSTER.replace("picasoft.example.org,", "example.org,")) == [
        "kept as said in chat: Picasoft: @ana:example.org does not speak for it"
    ]
    assert files.read(ROSTER.replace("picasoft.example.org,", "example.org,")) == []
    assert files.speakers() == {}
    assert not files.database.transaction(lambda storage: back(storage, ANA))
    assert files.database.transaction(lambda storage: back(storage, BO)), "control: anybody else there does"


def test_the_file_of_a_campaign_that_has_ended_is_not_followed_any_more(files: Files) -> None:
    files.read()
    files.database.transaction(lambda storage: storage.campaigns.close(1, NOW))
    assert (
        files.read(
            HEADER + "Picasoft,,,,,,@cy:example.org,\nNuage Libre,,,,,,,\nLes Amis,,,,,,@di:example.org,\n"
        )
        == []
    )
    assert files.speakers() == {"@ana:example.org": ("roster", False)}
    known = files.database.transaction(
        lambda storage: storage.people.find(Address(MATRIX, "@di:example.org"))
    )
    assert known is None


def test_what_the_file_of_an_ended_campaign_said_of_an_organisation_of_another_is_left(files: Files) -> None:
    text = CONFIG + (
        '[campaigns.eau]\ntitle = "Water"\nletter = { fr = "fr.md" }\norganisations = "others.csv"\n'
        'rooms = ["!eau:example.org"]\n'
    )
    others = files.folder / "others.csv"
    others.write_text("name,aliases,website,representatives\nPicasoft,Pica,,xmpp:bo@example.org\n", "utf-8")
    files.read(text=text)
    both = {"@ana:example.org": ("roster", False), "bo@example.org": ("roster", False)}
    assert files.speakers() == both
    files.database.transaction(lambda storage: storage.campaigns.close(1, NOW))
    assert files.read(text=text) == []
    assert files.read(text=text) == [], "nor the next time"
    assert files.speakers() == both
    assert files.find("picasoft").website == "https://picasoft.example.org"
    others.write_text("name,aliases,website,representatives\nPicasoft,,,@cy:example.org\n", "utf-8")
    assert files.read(text=text) == [
        "changed: Picasoft: representative @cy:example.org",
        "changed: Picasoft: no longer represented by bo@example.org",
        "changed: Picasoft: no longer alias Pica",
    ], "the one that goes on is followed"
    assert files.speakers().keys() == {"@ana:example.org", "@cy:example.org"}


def test_an_organisation_that_leaves_the_file_stays_and_is_told_once(files: Files) -> None:
    files.read()
    assert files.read("name\nNuage Libre\n") == [
        "changed: Nuage Libre: no longer alias NL",
        "no longer in the file, but stays: Picasoft",
    ]
    assert files.speakers() == {"@ana:example.org": ("roster", False)}
    assert files.read("name\nNuage Libre\n") == []
    assert files.read("name,website\nNuage Libre,\nPicasoft,https://new.example.org\n") == [
        "changed: Picasoft: no longer represented by @ana:example.org",
        "changed: Picasoft: website https://new.example.org (was https://picasoft.example.org)",
        "changed: Picasoft: domain new.example.org (was picasoft.example.org)",
    ]


def test_an_organisation_named_in_chat_has_the_name_the_file_gives_it(files: Files) -> None:
    files.read()
    files.database.transaction(
        lambda storage: storage.organisations.add("CHAPRIL", normal_form("Chapril"), NOW, flagged=True)
    )
    assert files.read(ROSTER + "Chapril,,,\n") == ["changed: CHAPRIL: name Chapril (was CHAPRIL)"]
    found = files.find("chapril")
    assert (found.name, found.flagged) == ("Chapril", False)


def test_two_campaigns_may_list_one_organisation_each_in_its_file(files: Files) -> None:
    files.read()
    (files.folder / "other.csv").write_text("name,representatives\nPicasoft,xmpp:bo@example.org\n", "utf-8")
    both = CONFIG + CONFIG[CONFIG.index("[campaigns.ngi]") :].replace("ngi", "cra").replace(
        "organisations.csv", "other.csv"
    )
    assert files.read(ROSTER, both) == ["changed: Picasoft: representative bo@example.org"]
    assert files.speakers().keys() == {"@ana:example.org", "bo@example.org"}
    assert files.read(ROSTER, both) == []


def test_two_lines_that_were_made_one_are_followed_as_one_and_apart_again(files: Files) -> None:
    roster = HEADER + "Picasoft,,,,,,@ana:example.org,\nNuage Libre,NL,,,direct,,xmpp:bo@example.org,\n"
    files.read(roster)
    kept, gone = files.find("Picasoft"), files.find("Nuage Libre")
    files.database.transaction(lambda storage: storage.merges.merge(kept.id, gone.id, 1, NOW))
    assert files.read(roster) == []
    assert files.read(roster.replace("@ana", "@cy")) == [
        "changed: Picasoft: representative @cy:example.org",
        "changed: Picasoft: no longer represented by @ana:example.org",
    ]
    assert files.speakers().keys() == {"@cy:example.org", "bo@example.org"}
    assert (files.find("nl").name, files.find("nl").funded) == ("Picasoft", "direct")

    def undo(storage: Storage) -> None:
        storage.merges.undo(storage.merges.standing()[-1], NOW)

    files.database.transaction(undo)
    assert files.read(roster.replace("@ana", "@cy")) == []
    assert files.speakers().keys() == {"@cy:example.org"}
    assert files.speakers("NL").keys() == {"bo@example.org"}
    assert (files.find("nl").name, files.find("Picasoft").funded) == ("Nuage Libre", "")
