"""A config is right, or everything that is wrong with it is said at once: the key, the value, what was expected."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from bot.config import (
    Authority,
    Bot,
    Campaign,
    Config,
    ConfigError,
    Matrix,
    Privacy,
    Settings,
    Xmpp,
    deadline_of,
    lasting,
    load,
    read_letter,
    remarks,
    wording,
)
from campaign.chat import MATRIX, XMPP, Address
from campaign.dates import read_span

if TYPE_CHECKING:
    from pathlib import Path

MODELS = {
    "bot": Bot,
    "matrix": Matrix,
    "xmpp": Xmpp,
    "authority": Authority,
    "privacy": Privacy,
    "campaigns": Campaign,
}
SECRET = "correct-horse-battery"
ENVIRONMENT = {"TOCSIN_MATRIX_PASSWORD": SECRET, "TOCSIN_XMPP_PASSWORD": SECRET}

SOUND = """
[bot]
admins = ["@maud:example.org", "xmpp:Noa@example.org"]
admin_rooms = ["!team:example.org"]

[matrix]
homeserver = "https://matrix.example.org"
user = "@tocsin:example.org"

[xmpp]
jid = "tocsin@example.org"

[campaigns.ngi]
title = "Save it"
letter = { fr = "letters/fr.md", en = "letters/en.md" }
rooms = ["#coop:example.org", "xmpp:Forge@rooms.example.org"]
organisations = "organisations.csv"
"""


def write(folder: Path, text: str = SOUND) -> Path:
    (folder / "letters").mkdir(exist_ok=True)
    (folder / "letters/fr.md").write_text("# Sauvons-le\n\nIl le faut.\n", "utf-8")
    (folder / "letters/en.md").write_text("# Save it\n\nIt must be.\n", "utf-8")
    (folder / "organisations.csv").write_text("name,aliases,website,representatives\nPicasoft,,,\n", "utf-8")
    file = folder / "config.toml"
    file.write_text(text, "utf-8")
    return file


def problems(
    folder: Path, text: str, environment: dict[str, str] | None = None, *, thoroughly: bool = False
) -> list[str]:
    known = ENVIRONMENT if environment is None else environment
    with pytest.raises(ConfigError) as error:
        load(write(folder, text), environment=known, thoroughly=thoroughly)
    said = "\n".join([str(error.value), *error.value.problems])
    assert SECRET not in said
    return error.value.problems


def changed(old: str, new: str) -> str:
    assert old in SOUND
    return SOUND.replace(old, new)


def sound(folder: Path, text: str = SOUND) -> Config:
    return load(write(folder, text), environment=ENVIRONMENT)


def test_a_sound_config_is_read_with_what_it_names(tmp_path: Path) -> None:
    config = sound(tmp_path)
    assert config.settings.bot.data == tmp_path / "data"
    assert config.settings.bot.admins == (
        Address(MATRIX, "@maud:example.org"),
        Address(XMPP, "noa@example.org"),
    )
    campaign = config.settings.campaigns["ngi"]
    assert campaign.rooms == ((MATRIX, "#coop:example.org"), (XMPP, "forge@rooms.example.org"))
    assert [letter.language for letter in config.openings["ngi"].letters] == ["fr", "en"]
    assert config.openings["ngi"].letters[0].summary == "Il le faut."
    assert [line.name for line in config.openings["ngi"].roster] == ["Picasoft"]


# key, then what must stand on the line beside it
MISTAKES: list[tuple[str, str, str, tuple[str, ...]]] = [
    ("unknown key", "[xmpp]", '[xmpp]\nnik = "t"', ("xmpp.nik:", "not a known key", "did you mean nick?")),
    ("unknown section", "[campaigns.ngi]", "[campaings.ngi]", ("campaings:", "did you mean campaigns?")),
    ("unknown key of a campaign", "title =", "tittle =", ("campaigns.ngi.tittle:", "did you mean title?")),
    ("nothing near", "[xmpp]", "[xmpp]\nzzz = 1", ("xmpp.zzz: is not a known key",)),
    ("missing key", 'user = "@tocsin:example.org"', "", ("matrix.user: is missing",)),
    ("wrong type: text", 'title = "Save it"', "title = 3", ("campaigns.ngi.title: 3", "text in quotes")),
    ("empty title", 'title = "Save it"', 'title = ""', (".title: ''", "not empty")),
    ("title of no language", 'title = "Save it"', 'title = { de = "Rettet es" }', (".title:", "fr, en")),
    ("titles: wrong type", 'title = "Save it"', "title = { fr = 3 }", (".title:", "one for each language")),
    ("wrong type: number", "title =", 'goal = "many"\ntitle =', (".goal: 'many'", "a whole number")),
    ("wrong type: fraction", "title =", "goal = 1.5\ntitle =", (".goal: 1.5", "a whole number")),
    ("wrong type: path", "[bot]", "[bot]\ndata = 3", ("bot.data: 3", "the path of a file, in quotes")),
    ("wrong type: list", 'admin_rooms = ["!team:example.org"]', 'admin_rooms = "!a"', ("bot.admin_rooms: '!a'", "list")),
    ("too small", "title =", "goal = 0\ntitle =", (".goal: 0", "greater than 0")),
    ("port", "[xmpp]", "[xmpp]\nport = 99999", ("xmpp.port: 99999", "a whole number less than 65536")),
    ("port as text", "[xmpp]", '[xmpp]\nport = "9"', ("xmpp.port: '9'", "a whole number")),
    ("port that is true", "[xmpp]", "[xmpp]\nport = true", ("xmpp.port: true", "a whole number")),
    ("goal as text", "title =", 'goal = "100"\ntitle =', (".goal: '100'", "a whole number")),
    ("a date for a text", 'title = "Save it"', "title = 2027-09-30", (".title: 2027-09-30 ", "text in quotes")),
    ("nobody", '"@maud:example.org", "xmpp:Noa@example.org"', "", ("bot.admins: nobody", "at least one account")),
    ("nobody at all", 'admins = ["@maud:example.org", "xmpp:Noa@example.org"]', "", ("bot.admins: nobody",)),
    ("an empty path", "[bot]", '[bot]\ndata = ""', ("bot.data: ''", "the path of a file, in quotes")),
    ("an empty name", "[bot]", '[bot]\nname = ""', ("bot.name: ''", "text that is not empty")),
    ("a long prefix", "[bot]", '[bot]\nprefix = "!!!!"', ("bot.prefix: '!!!!'", "3 characters at most")),
    ("a pair of one", "[bot]", '[bot]\nsame_room = [["#a:example.org"]]', ("bot.same_room: ['#a:example.org']", "at least 2")),
    ("language", "[bot]", '[bot]\nlanguage = "de"', ("bot.language: 'de'", "'fr' or 'en'")),
    ("letter's language", "en = ", "de = ", ("campaigns.ngi.letter.de", "'fr' or 'en'")),
    ("a letter of no language", '{ fr = "letters/fr.md", en = "letters/en.md" }', '"fr.md"', (".letter: 'fr.md' — ", '{ fr = "…" }')),
    ("a collective that is one of them", "title =", 'collective = "picasoft"\ntitle =', ("campaigns.ngi.collective: 'picasoft'", "one of the organisations")),
    ("no letter", '{ fr = "letters/fr.md", en = "letters/en.md" }', "{}", ("campaigns.ngi.letter", "at least 1")),
    ("time zone", "[bot]", '[bot]\ntimezone = "Europe/Lutece"', ("bot.timezone: 'Europe/Lutece'", '"Europe/Paris"')),
    ("time zone that is a folder", "[bot]", '[bot]\ntimezone = "Europe"', ("bot.timezone: 'Europe'",)),
    ("time zone that is a path", "[bot]", '[bot]\ntimezone = "../x"', ("bot.timezone: '../x'",)),
    ("administrator", "@maud:example.org", "maud", ("bot.admins: 'maud'", '"@name:server"')),
    ("administrator's network", "xmpp:Noa@", "Noa@", ("bot.admins: 'Noa@example.org'", '"xmpp:name@server"')),
    ("room", "#coop:example.org", "coop", ("campaigns.ngi.rooms: 'coop'", '"#alias:server"')),
    ("homeserver", "https://matrix.example.org", "matrix.example.org", ("matrix.homeserver:", "https://")),
    ("homeserver with its API's path", "//matrix.example.org", "//matrix.example.org/_matrix", ("matrix.homeserver: 'https://matrix.example.org/_matrix'", 'expected "https://matrix.example.org", without what begins with "/_matrix"')),
    ("homeserver with more of a path", "//matrix.example.org", "//example.org/hs/_matrix/client/v3", ('expected "https://example.org/hs", without',)),
    ("homeserver with what delegates", "//matrix.example.org", "//example.org/.well-known/matrix/client", ('expected "https://example.org", without what begins with "/.well-known"',)),
    ("a client instead of a homeserver", "//matrix.example.org", "//chat.example.org/#/login", ("matrix.homeserver:", 'expected "https://chat.example.org", without what follows the address')),
    ("homeserver with a question", "//matrix.example.org", "//matrix.example.org?a=b", ("matrix.homeserver:", "without what follows the address")),
    ("homeserver without a name", "//matrix.example.org", "//:8448", ("matrix.homeserver: 'https://:8448'", '"https://matrix.example.org"')),
    ("port of the homeserver", "//matrix.example.org", "//matrix.example.org:84480", ("matrix.homeserver:", '"https://matrix.example.org"')),
    ("port of a Matrix account", '"@tocsin:example.org"', '"@tocsin:example.org:99999"', ("matrix.user: '@tocsin:example.org:99999'", '"@tocsin:example.org"')),
    ("server of a Matrix account", '"@tocsin:example.org"', '"@tocsin:https//example"', ("matrix.user:", '"@tocsin:example.org"')),
    ("port in the XMPP account", "tocsin@example.org", "tocsin@example.org:5222", ("xmpp.jid: 'tocsin@example.org:5222'", "bare")),
    ("scheme of the XMPP account", "tocsin@example.org", "xmpp:tocsin@example.org", ("xmpp.jid:", "bare")),
    ("host with its port", "[xmpp]", '[xmpp]\nhost = "xmpp.example.org:5222"', ("xmpp.host: 'xmpp.example.org:5222'", '"xmpp.example.org", without its port')),
    ("host that is an address of the web", "[xmpp]", '[xmpp]\nhost = "https://xmpp.example.org"', ("xmpp.host:", '"xmpp.example.org"')),
    ("a nick of spaces", "[xmpp]", '[xmpp]\nnick = "  "', ("xmpp.nick: '  '", "not empty")),
    ("a name of spaces", "[bot]", '[bot]\nname = " "', ("bot.name: ' '", "not empty")),
    ("a Matrix room on XMPP", "xmpp:Forge@rooms.example.org", "xmpp:#forge:example.org", (".rooms: 'xmpp:#forge:example.org'", '"xmpp:room@server"')),
    ("an XMPP room without its mark", "xmpp:Forge@rooms.example.org", "forge@rooms.example.org", (".rooms: 'forge@rooms.example.org'", '"xmpp:room@server"')),
    ("a nick in a room", "xmpp:Forge@rooms.example.org", "xmpp:forge@rooms.example.org/tocsin", (".rooms:", '"xmpp:room@server"')),
    ("a port in a room", "xmpp:Forge@rooms.example.org", "xmpp:forge@rooms.example.org:5222", (".rooms:", '"xmpp:room@server"')),
    ("the bot as a campaigner", "@maud:example.org", "@tocsin:example.org", ("bot.admins: '@tocsin:example.org'", "the bot's own")),
    ("data that are a file", "[bot]", '[bot]\ndata = "config.toml"', ("bot.data: 'config.toml'", "expected a folder")),
    ("Matrix account", "@tocsin:example.org", "tocsin", ("matrix.user: 'tocsin'", '"@tocsin:example.org"')),
    ("XMPP account", "tocsin@example.org", "tocsin", ("xmpp.jid: 'tocsin'", '"tocsin@example.org"')),
    ("resource in the account", "tocsin@example.org", "tocsin@example.org/home", ("xmpp.jid:", "bare")),
    ("prefix", "[bot]", '[bot]\nprefix = "x"', ("bot.prefix: 'x'", '"!"')),
    ("link", "title =", 'link = "example.org"\ntitle =', (".link: 'example.org'", '"https://')),
    ("campaign's key", "[campaigns.ngi]", "[campaigns.NGI]", ("campaigns.NGI", "lower-case letters")),
    ("offset", "title =", 'reminders = ["7d", "soon"]\ntitle =', (".reminders: 'soon'", '"14d"')),
    ("offset: a number", "title =", "reminders = [7]\ntitle =", (".reminders: 7", '"14d"')),
    ("deadline", "title =", 'deadline = "tomorrow"\ntitle =', (".deadline: 'tomorrow'", '"2027-09-30T18:00"')),
    ("counts", "title =", 'counts = "all"\ntitle =', (".counts: 'all'", "'confirmed' or 'declared'")),
    ("two people", "title =", 'second_person = "yes"\ntitle =', (".second_person: 'yes'", "true or false")),
    ("two people and none", "title =", 'second_person = true\ncounts = "declared"\ntitle =', (".counts:", "second_person")),
    ("collective", "title =", 'collective = "="\ntitle =', (".collective: '='", "the name of an organisation")),
    ("public server", "[bot]", '[authority]\npublic_providers = ["matrix"]\n[bot]', ("public_providers", "'matrix'", "matrix.example.org")),
    ("public servers", "[bot]", '[authority]\npublic_providers = "a.example"\n[bot]', ("authority.public_providers: 'a.example'", "square brackets")),
    ("tls", "[xmpp]", '[xmpp]\ntls = "off"', ('xmpp.tls: "off"', '"127.0.0.1"')),
    ("missing letter", "letters/en.md", "letters/no.md", (".letter.en: 'letters/no.md'", "No such file")),
    ("letter is a folder", "letters/en.md", "letters", (".letter.en: 'letters'", "directory")),
    ("letter is no path", "letters/en.md", "a\\u0000b", (".letter.en: 'a\\x00b'", "not the path of a file")),
    ("missing roster", "organisations.csv", "no.csv", (".organisations: 'no.csv'", "No such file")),
    ("certificates", "[xmpp]", '[xmpp]\nca_file = "no.pem"', ("xmpp.ca_file: 'no.pem'", "No such file")),
    ("no certificates", "[xmpp]", '[xmpp]\nca_file = "organisations.csv"', ("xmpp.ca_file:", "PEM")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "said"), [one[1:] for one in MISTAKES], ids=[one[0] for one in MISTAKES]
)
def test_a_mistake_is_named_with_its_value_and_what_was_expected(
    tmp_path: Path, old: str, new: str, said: tuple[str, ...]
) -> None:
    found = problems(tmp_path, changed(old, new))
    assert any(all(part in line for part in said) for line in found), found


def test_a_mistake_is_said_once(tmp_path: Path) -> None:
    assert len(problems(tmp_path, changed("[bot]", '[bot]\nlanguage = "de"'))) == 1
    assert len(problems(tmp_path, changed("letters/en.md", "letters/no.md"))) == 1


@pytest.mark.parametrize(
    ("old", "new"), [("[bot]", "[bot]\nlangage = 'fr'"), ("title =", "titel ="), ("user =", "usr =")]
)
def test_a_mistyped_key_is_one_thing_to_mend_and_logins_are_counted_apart(
    tmp_path: Path, old: str, new: str
) -> None:
    with pytest.raises(ConfigError, match=r": 1 to mend, and 2 logins to see to$") as error:
        load(write(tmp_path, changed(old, new)), environment={})
    assert [": no login" in line for line in error.value.problems] == [False, True, True]
    assert "did you mean" in error.value.problems[0]
    with pytest.raises(ConfigError, match=r": 1 to mend$"):
        load(tmp_path / "config.toml", environment=ENVIRONMENT)
    with pytest.raises(ConfigError, match=r": 2 logins to see to$"):
        load(write(tmp_path), environment={})


def test_everything_is_said_at_once(tmp_path: Path) -> None:
    text = (
        changed("[bot]", '[bot]\nlanguage = "de"\ntimezone = "Nowhere"')
        .replace("letters/en.md", "letters/no.md")
        .replace("organisations.csv", "no.csv")
        .replace("[xmpp]\njid", '[xmpp]\nca_file = "no.pem"\njidd')
        .replace("title =", "goal = -1\ntitel =")
    )
    found = problems(tmp_path, text, {"TOCSIN_MATRIX_PASSWORD": SECRET})
    expected = (
        "bot.language", "bot.timezone", "xmpp.jidd", "xmpp.ca_file", "xmpp: no login",
        "campaigns.ngi.goal", "campaigns.ngi.titel", "campaigns.ngi.letter.en",
        "campaigns.ngi.organisations",
    )  # fmt: skip
    for key in expected:
        assert any(line.startswith(key) for line in found), (key, found)
    assert len(found) == len(expected)


def test_a_section_of_the_wrong_kind_hides_nothing_else(tmp_path: Path) -> None:
    found = problems(tmp_path, 'campaigns = 3\nmatrix = "x"\n[bot]\nadmin_rooms = [3]\n')
    assert {line.partition(":")[0] for line in found} == {
        "campaigns",
        "matrix",
        "bot.admin_rooms",
        "bot.admins",
    }


def test_the_same_campaign_twice_is_named_with_its_line(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, SOUND + "\n[campaigns.ngi]\ntitle = 'again'\n")
    assert "is not TOML" in found
    assert f"line {SOUND.count(chr(10)) + 2}," in found


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[matrix]\nuser = @tocsin:example.org\n", ": user = … (a text stands in quotes)"),
        ("[campaigns.Our Commons]\n", ": [campaigns.Our Commons]"),
        ('[matrix]\npassword = "geheim\n', ": password = …"),
        ("[bot]\nadmins = [@lou:example.org]\n", ": admins = … (a text stands in quotes)"),
        ('[bot]\nadmins = ["@a:b" "geheim"]\n', ": admins = … (a comma is missing?)"),
        ('[bot]\nadmins = [\n"@a:b"\n"geheim=b"\n]\n', "line 4, column 1) (a comma is missing?)"),
        ('[bot]\nsame_room = [["a", "b"] ["c", "d"]]\n', ": same_room = … (a comma is missing?)"),
        ('[bot]\nadmins = ["@a:b"\nname = "geheim"\n', ": name = … (a ] is missing?)"),
        ('[bot]\nadmins = ["@a:b"\n[matrix]\n', ": [matrix] (a ] is missing?)"),
        ('[bot]\nadmins = ["@a:b"\n', "(at end of document) (a ] is missing?)"),
        ('[campaigns.a]\nletter = { fr = "geheim" en = "b" }\n', ": letter = … (a comma is missing?)"),
        ('[campaigns.a]\nletter = { fr = "geheim"\n', ": letter = … (a } is missing?)"),
    ],
)
def test_the_line_that_is_not_toml_is_shown_without_its_value(tmp_path: Path, text: str, shown: str) -> None:
    (found,) = problems(tmp_path, text)
    assert found.endswith(shown)
    assert "geheim" not in found


@pytest.mark.parametrize(
    ("room", "right"),
    [
        ("#coop", "#coop:example.org"),
        ("!coop", "!coop:example.org"),
        ("#coop:", "#coop:example.org"),
        ("#coop:exa_mple", "#coop:example.org"),
        ("#coop:example.org:99999", "#coop:example.org"),
        ("#coop@rooms.example.org", "xmpp:coop@rooms.example.org"),
        ("#coop;rooms.example.org", "#coop:rooms.example.org"),
        ("#coop.example.net", "#coop:example.net"),
        ("#coop;", "#coop:example.org"),
        ("#café.fr", "#café:example.org"),
    ],
)
def test_a_matrix_room_that_no_server_can_find_is_named_with_a_right_example(
    tmp_path: Path, room: str, right: str
) -> None:
    text = SOUND.replace('"#coop:example.org"', f'"{room}"')
    assert sound(tmp_path, text), "only who looks thoroughly is told"
    (found,) = problems(tmp_path, text, thoroughly=True)
    assert found == f'campaigns.ngi.rooms: {room!r} — expected its server as well, such as "{right}"'


@pytest.mark.parametrize(
    "room",
    ["#coop:example.org", "!abc:example.org:8448", "#coop:[2001:db8::1]:8448", "#coop:localhost", "!" + "aB3_-" * 8 + "xyz"],
)  # fmt: skip
def test_a_matrix_room_that_can_be_found_is_not(tmp_path: Path, room: str) -> None:
    file = write(tmp_path, SOUND.replace('"#coop:example.org"', f'"{room}"'))
    assert load(file, environment=ENVIRONMENT, thoroughly=True).settings.campaigns["ngi"].rooms


def test_a_room_without_its_server_is_said_once_beside_whatever_else_is_wrong(tmp_path: Path) -> None:
    text = (
        changed('"!team:example.org"', '"#team", "coop"')
        .replace("title =", "goal = 0\ntitle =")
        .replace('rooms = ["#coop:example.org"', 'rooms = ["#coop", "#coop"')
        .replace("[bot]", '[bot]\nsame_room = [["#one", "#two:example.org"], "#three"]')
    )
    found = problems(tmp_path, text, {}, thoroughly=True)
    assert [line.partition(" — ")[0] for line in found] == [
        "bot.admin_rooms: 'coop'",
        "bot.same_room: '#three'",
        "campaigns.ngi.goal: 0",
        "bot.admin_rooms: '#team'",
        "campaigns.ngi.rooms: '#coop'",
        "bot.same_room: '#one'",
        "matrix: no login",
        "xmpp: no login",
    ]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            "/proc/tocsin",
            "No such file or directory. Nothing can be made there: choose another `data` folder",
        ),
        (
            "organisations.csv/data",
            "Not a directory. Something else stands where that folder is meant: choose",
        ),
    ],
)
def test_a_data_folder_that_cannot_be_made_is_said(tmp_path: Path, data: str, said: str) -> None:
    text = changed("[bot]", f'[bot]\ndata = "{data}"\nlanguage = "de"')
    language, place = problems(tmp_path, text, thoroughly=True)
    assert language.startswith("bot.language: 'de'")
    assert place.startswith(f"bot.data: '{data}' — cannot be used: {said}")


@pytest.mark.parametrize("data", ["data", "there/is/none", "."])
def test_to_look_whether_a_data_folder_can_be_made_makes_nothing(tmp_path: Path, data: str) -> None:
    file = write(tmp_path, changed("[bot]", f'[bot]\ndata = "{data}"'))
    before = sorted(tmp_path.iterdir())
    assert load(file, environment=ENVIRONMENT, thoroughly=True)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("https://matrix.example.org/", "https://matrix.example.org"),
        ("https://matrix.example.org:8448", "https://matrix.example.org:8448"),
        ("https://example.org/below", "https://example.org/below"),
        ("http://[::1]:8008", "http://[::1]:8008"),
        ("http://localhost:8008/", "http://localhost:8008"),
    ],
)
def test_a_homeserver_is_read_without_the_slash_at_its_end(tmp_path: Path, typed: str, read: str) -> None:
    matrix = sound(tmp_path, changed("https://matrix.example.org", typed)).settings.matrix
    assert matrix is not None
    assert matrix.homeserver == read


def test_a_login_in_the_address_of_a_server_is_not_shown(tmp_path: Path) -> None:
    text = changed("https://matrix.example.org", f"https://tocsin:{SECRET}@matrix.example.org")
    (found,) = problems(tmp_path, text)
    assert found == 'matrix.homeserver: expected an address such as "https://matrix.example.org"'


@pytest.mark.parametrize("text", ["[bot\n", "a = \n", "[matrix]\nuser = '@a:b'\nuser = '@c:d'\n"])
def test_what_is_not_toml_is_one_line_with_its_number(tmp_path: Path, text: str) -> None:
    (found,) = problems(tmp_path, text)
    assert "is not TOML" in found
    assert "line" in found


def test_what_is_not_text_is_said(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError) as error:
        load(file, environment=ENVIRONMENT)
    assert error.value.problems == ["is not UTF-8 text"]


WRONG: tuple[object, ...] = (
    "", "x" * 500, 3, -1, 1.5, True, [], ["x"], [3], {}, {"x": 1}, date(2027, 1, 1), datetime(2027, 1, 1, 9, tzinfo=UTC), time(3)
)  # fmt: skip
"""A value of each type there is in TOML, and some that only look right."""
KEYS = [(section, key) for section, model in MODELS.items() for key in model.model_fields]


@pytest.mark.parametrize(("section", "key"), KEYS, ids=[f"{section}.{key}" for section, key in KEYS])
def test_nobody_has_to_know_python_to_understand_what_is_wrong(section: str, key: str) -> None:
    needed: dict[str, Any] = {
        "matrix": {"homeserver": "https://a", "user": "@a:b"},
        "xmpp": {"jid": "a@b"},
        "campaigns": {"title": "T", "letter": {"fr": "a.md"}},
    }
    said = []
    for value in WRONG:
        keys = {**needed.get(section, {}), key: value}
        try:
            Settings.model_validate({section: {"c": keys} if section == "campaigns" else keys})
        except ValidationError as error:
            said += wording.problems_of(error.errors())
    assert said
    for line in said:
        assert re.fullmatch(rf"{section}\.(c\.)?{key}(\.\w+)?: .+", line)
        assert not re.search(
            r"datetime|timedelta|None|True|False|tuple|dict|Input|String|Value|valid|0x|\.\d+:|\(", line
        ), line
        assert len(line) < 250


@pytest.mark.parametrize("text", ["# Save it\n", "# Save it\n\n## Why\n\n"])
def test_a_heading_is_no_letter(tmp_path: Path, text: str) -> None:
    file = write(tmp_path)
    (tmp_path / "letters/en.md").write_text(text, "utf-8")
    with pytest.raises(ConfigError) as error:
        load(file, environment=ENVIRONMENT)
    (found,) = error.value.problems
    assert found.startswith(
        "campaigns.ngi.letter.en: 'letters/en.md' — expected a letter: nothing stands below"
    )


def test_all_that_is_wrong_is_said_in_one_language(tmp_path: Path) -> None:
    file = write(tmp_path, changed("[bot]", '[bot]\nlanguage = "fr"'))
    (tmp_path / "organisations.csv").write_text("nom;site\nx;y;z;t\n", "utf-8")
    with pytest.raises(ConfigError) as error:
        load(file, environment=ENVIRONMENT)
    (found,) = error.value.problems
    assert found.startswith(
        "campaigns.ngi.organisations: line 2: more values than columns: a value with a semicolon"
    )


def test_what_is_allowed_but_hardly_meant_is_remarked_on(tmp_path: Path) -> None:
    now = datetime(2027, 9, 30, 17, 0, tzinfo=UTC)
    text = changed("title =", 'deadline = "2027-09-30T18:00"\ntitle =')
    text = text.replace('rooms = ["#coop:example.org", "xmpp:Forge@rooms.example.org"]', "")
    assert remarks(write(tmp_path, text), now) == [
        "campaigns.ngi.rooms: none: nobody will read of the letter",
        "campaigns.ngi.deadline: 2027-09-30 18:00 (Europe/Paris) has passed",
    ]
    assert remarks(write(tmp_path), now) == []
    wrong = text.replace('title = "Save it"', "tittle = 3").replace("[bot]", '[bot]\ntimezone = "Nowhere"')
    assert remarks(write(tmp_path, wrong), now) == [
        "campaigns.ngi.rooms: none: nobody will read of the letter"
    ]
    assert remarks(write(tmp_path, text.replace('title = "Save it"', "tittle = 3")), now)[1].endswith(
        "has passed"
    )
    assert remarks(write(tmp_path, "not TOML"), now) == []
    without = write(tmp_path, SOUND.partition("[campaigns.ngi]")[0])
    assert remarks(without, now) == ["there is no campaign: nothing can be signed"]


def test_a_campaigner_must_be_on_a_network_that_the_bot_is_on(tmp_path: Path) -> None:
    text = changed('[xmpp]\njid = "tocsin@example.org"', "").replace(', "xmpp:Forge@rooms.example.org"', "")
    assert sound(tmp_path, text).settings.bot.admins, "the one on Matrix will do"
    (found,) = problems(tmp_path, text.replace('"@maud:example.org", ', ""))
    assert found.startswith("bot.admins: all on XMPP — expected at least one on a network that the bot is on")


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(days=14), "14d"), (timedelta(hours=2), "2h"), (timedelta(minutes=5), "5m"),
        (timedelta(days=1, hours=12, minutes=30), "1d 12h 30m"), (timedelta(seconds=90), "1m 30s"),
    ],
)  # fmt: skip
def test_a_length_of_time_is_said_as_it_is_written(length: timedelta, words: str) -> None:
    assert lasting(length) == words
    assert read_span(words) == length


@pytest.mark.parametrize("what", ["missing", "folder"])
def test_a_file_that_cannot_be_read_is_said(tmp_path: Path, what: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(tmp_path / "no.toml" if what == "missing" else tmp_path, environment=ENVIRONMENT)
    (found,) = error.value.problems
    assert ("there is no such file: begin with" if what == "missing" else "cannot be read") in found


def test_letter_and_roster_must_be_text(tmp_path: Path) -> None:
    file = write(tmp_path)
    (tmp_path / "letters/en.md").write_bytes(b"caf\xe9")
    (tmp_path / "organisations.csv").write_bytes(b"name\ncaf\xe9")
    with pytest.raises(ConfigError) as error:
        load(file, environment=ENVIRONMENT)
    assert len(error.value.problems) == 2
    letter, roster = error.value.problems
    assert "expected UTF-8 text" in letter
    assert "organisations: line 2: “caf\ufffd” is not UTF-8" in roster


def test_an_empty_letter_is_no_letter(tmp_path: Path) -> None:
    file = write(tmp_path)
    (tmp_path / "letters/fr.md").write_text(" \n")
    with pytest.raises(ConfigError) as error:
        load(file, environment=ENVIRONMENT)
    assert "letters/fr.md" in error.value.problems[0]


def test_some_network_is_needed(tmp_path: Path) -> None:
    assert "a [matrix] or an [xmpp] section" in problems(tmp_path, "[bot]\nlanguage = 'fr'\n")[0]


def test_a_room_needs_its_network(tmp_path: Path) -> None:
    text = changed('[xmpp]\njid = "tocsin@example.org"', "")
    (found,) = problems(tmp_path, text)
    assert found.startswith("campaigns.ngi.rooms: 'forge@rooms.example.org'")
    assert "[xmpp]" in found


# --- passwords


def test_a_password_comes_from_the_environment_or_a_file(tmp_path: Path) -> None:
    file = write(tmp_path, changed("[xmpp]", '[xmpp]\npassword_file = "secret"'))
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    (tmp_path / "secret").chmod(0o640)
    config = load(file, environment={"TOCSIN_MATRIX_PASSWORD": "other"})
    assert {network: login.password for network, login in config.logins.items()} == {
        MATRIX: "other",
        XMPP: SECRET,
    }
    assert SECRET not in repr(config)


def test_a_missing_password_says_where_it_is_looked_for(tmp_path: Path) -> None:
    found = problems(tmp_path, SOUND, {"TOCSIN_XMPP_PASSWORD": ""})
    assert [line.partition(":")[0] for line in found] == ["matrix", "xmpp"]
    assert "TOCSIN_MATRIX_PASSWORD" in found[0]
    assert "password_file" in found[0]


@pytest.mark.parametrize(
    "line",
    [
        f'password = "{SECRET}"',  # there is no such key
        f'password_file = "{SECRET}"',  # the password itself where its file was meant
        f'password_file = ["{SECRET}"]',
        f'password_file = {{ path = "{SECRET}" }}',
    ],
)
def test_a_password_in_the_wrong_place_is_not_repeated(tmp_path: Path, line: str) -> None:
    found = problems(tmp_path, changed("[matrix]", f"[matrix]\n{line}"), {"TOCSIN_XMPP_PASSWORD": SECRET})
    assert any(one.startswith("matrix.password") for one in found)


def test_a_password_file_that_everybody_can_read_is_named_with_what_mends_it(tmp_path: Path) -> None:
    (tmp_path / "a secret").write_text(SECRET)
    (tmp_path / "a secret").chmod(0o644)
    (found,) = problems(
        tmp_path, changed("[xmpp]", '[xmpp]\npassword_file = "a secret"'), {"TOCSIN_MATRIX_PASSWORD": SECRET}
    )
    assert found.startswith("xmpp.password_file: everybody on this machine can read the file")
    assert found.endswith(f"expected `chmod o= '{tmp_path}/a secret'`")


@pytest.mark.parametrize(
    ("typed", "where"),
    [
        (SECRET, "{folder}"),
        (f"letters/{SECRET}", "{folder}/letters"),
        (f"{SECRET}/{SECRET}", "{folder}"),
        (f"{SECRET}/" + "x" * 300, "{folder}"),
    ],
)
def test_where_a_password_file_was_looked_for_is_said_as_far_as_that_is_there(
    tmp_path: Path, typed: str, where: str
) -> None:
    text = changed("[xmpp]", f'[xmpp]\npassword_file = "{typed}"')
    (found,) = problems(tmp_path, text, {"TOCSIN_MATRIX_PASSWORD": SECRET})
    assert found.endswith(f" (looked for in {where.format(folder=tmp_path)})")


def test_an_empty_password_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("\n")
    (tmp_path / "secret").chmod(0o600)
    (found,) = problems(
        tmp_path, changed("[xmpp]", '[xmpp]\npassword_file = "secret"'), {"TOCSIN_MATRIX_PASSWORD": SECRET}
    )
    assert found.startswith("xmpp.password_file")


def test_what_does_not_log_in_needs_no_password(tmp_path: Path) -> None:
    assert load(write(tmp_path), environment={}, logs_in=False).logins == {}


# --- times


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("09:00-20:00", "09:00-20:00"), ("09:00-24:00", "09:00-00:00"), ("00:00-24:00", "00:00-00:00")],
)
def test_civil_hours_are_kept_as_wall_times(tmp_path: Path, typed: str, kept: str) -> None:
    config = sound(tmp_path, changed("title =", f'civil_hours = "{typed}"\ntitle ='))
    assert config.settings.campaigns["ngi"].civil_hours == kept


@pytest.mark.parametrize(
    "typed",
    ["24:30-20:00", "9-20", "09-20", "09:00", "", "09:00-25:00", "09:00+02:00-20:00", "09:00-20:00-21:00"],
)
def test_other_civil_hours_are_refused(tmp_path: Path, typed: str) -> None:
    (found,) = problems(tmp_path, changed("title =", f'civil_hours = "{typed}"\ntitle ='))
    assert found.startswith(f"campaigns.ngi.civil_hours: {typed!r}")
    assert '"09:00-20:00"' in found


def test_pauses_are_days_in_order(tmp_path: Path) -> None:
    config = sound(tmp_path, changed("title =", 'pauses = ["2027-07-20/2027-08-20", 2027-12-24]\ntitle ='))
    assert config.settings.campaigns["ngi"].pauses == (
        (date(2027, 7, 20), date(2027, 8, 20)),
        (date(2027, 12, 24), date(2027, 12, 24)),
    )


@pytest.mark.parametrize("typed", ["2027-08-20/2027-07-20", "summer", "", "2027-07-20/x"])
def test_other_pauses_are_refused(tmp_path: Path, typed: str) -> None:
    (found,) = problems(tmp_path, changed("title =", f'pauses = ["{typed}"]\ntitle ='))
    assert found.startswith("campaigns.ngi.pauses")
    assert '"2027-07-20/2027-08-20"' in found


def test_a_deadline_without_a_zone_is_meant_in_the_campaigns(tmp_path: Path) -> None:
    for written in ('"2027-09-30T18:00"', "2027-09-30T18:00:00"):
        config = sound(tmp_path, changed("title =", f"deadline = {written}\ntitle ="))
        campaign = config.settings.campaigns["ngi"]
        assert deadline_of(campaign, "Europe/Paris") == datetime(2027, 9, 30, 16, 0, tzinfo=UTC)
    config = sound(tmp_path, changed("title =", "deadline = 2027-09-30T18:00:00Z\ntitle ="))
    at = deadline_of(config.settings.campaigns["ngi"], "Europe/Paris")
    assert at == datetime(2027, 9, 30, 18, 0, tzinfo=UTC)


def test_a_deadline_on_a_day_that_no_calendar_has_is_told_so(tmp_path: Path) -> None:
    for written in ("2030-09-31T18:00", "2030-09-31", "2027-02-29 18:00", "2030-13-01"):
        (found,) = problems(tmp_path, changed("title =", f'deadline = "{written}"\ntitle ='))
        assert found.startswith("campaigns.ngi.deadline: ")
        assert f"no calendar has {written[:10]}" in found
    (found,) = problems(tmp_path, changed("title =", 'deadline = "2030-09-30T25:00"\ntitle ='))
    assert '"2027-09-30T18:00"' in found


def test_a_deadline_that_is_a_day_is_its_end(tmp_path: Path) -> None:
    for written in ('"2027-09-30"', "2027-09-30"):
        config = sound(tmp_path, changed("title =", f"deadline = {written}\ntitle ="))
        at = deadline_of(config.settings.campaigns["ngi"], "Europe/Paris")
        assert at == datetime(2027, 9, 30, 21, 59, tzinfo=UTC)


@pytest.mark.parametrize("written", ["5", '"5"', "1822320000", "5.5", "true", '"30/09/2027"', "18:00:00"])
def test_a_deadline_is_no_number(tmp_path: Path, written: str) -> None:
    (found,) = problems(tmp_path, changed("title =", f"deadline = {written}\ntitle ="))
    assert found.startswith("campaigns.ngi.deadline: ")
    assert '"2027-09-30T18:00"' in found


def test_a_room_is_either_the_campaigners_or_a_campaigns(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed('"!team:example.org"', '"!team:example.org", "#coop:example.org"'))
    assert found.startswith("campaigns.ngi.rooms: '#coop:example.org'")
    assert "bot.admin_rooms" in found


def test_an_administrator_is_no_room(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, changed("xmpp:Noa@example.org", "xmpp:Forge@rooms.example.org"))
    assert found.startswith("bot.admins: 'xmpp:Forge@rooms.example.org'")
    assert "campaigns.ngi.rooms" in found


def test_an_administrator_is_written_as_the_network_writes_them(tmp_path: Path) -> None:
    config = sound(tmp_path, changed("@maud:example.org", "@Maud:Example.org"))
    assert config.settings.bot.admins[0] == Address(MATRIX, "@maud:example.org")
    for wrong in ("@maud:example.org,", "@maud (me):example.org", "<@maud:example.org>"):
        (found,) = problems(tmp_path, changed("@maud:example.org", wrong))
        assert found.startswith(f"bot.admins: {wrong!r}")


def test_offsets_are_read_as_durations(tmp_path: Path) -> None:
    config = sound(tmp_path, changed("title =", 'reminders = ["14d", "2h", "30m"]\ntitle ='))
    assert config.settings.campaigns["ngi"].reminders == (
        timedelta(days=14),
        timedelta(hours=2),
        timedelta(minutes=30),
    )


# --- what the files hold


def test_a_letter_without_a_heading_has_the_campaigns_title() -> None:
    letter = read_letter("fr", "Il le faut,\nvraiment.\n\nSuite.", "Sauvons-le")
    assert (letter.title, letter.summary) == ("Sauvons-le", "Il le faut, vraiment.")


def test_settings_do_not_change(tmp_path: Path) -> None:
    settings: Any = sound(tmp_path).settings
    with pytest.raises(ValueError, match="frozen"):
        settings.bot.language = "en"
