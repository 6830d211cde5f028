"""What phones make of a line is read as the line; whatever is typed, nothing worse comes of it than a hint."""

from __future__ import annotations

import asyncio
import re
import time
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.texts.wordings import Wordings
from bot.transports.matrix.reading import without_quote
from campaign.chat import MATRIX, Joined, Message, Room, Said
from campaign.errors import CampaignError
from commands.command import Context, House, UsageError
from commands.dialogue import answer, picking
from commands.line import answering, calling
from commands.line.calling import GO_ON, Line, call, clean
from commands.line.finding import find, nearest
from commands.line.grammar import arguments
from commands.line.usage import shape, usage
from commands.menu import MENU
from commands.vocabulary import CHOICES, fold, in_language, option_words
from tests.commands.stage import CHANGING, Stage, example, opened, under_way, voice
from tests.conversations.play import BEGINNING, ROOMS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from commands.command import Command, Parameter, Place
    from storage.storage import Storage

HOUSE = House(language="en")
LANGUAGES = ("en", "fr")
Read = tuple[str, dict[str, Any], str]
"""A command's name, its arguments, and the campaign that was named."""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a campaign under way, to be copied."""
    folder = tmp_path_factory.mktemp("prepared")
    with opened(folder) as stage:
        asyncio.run(under_way(stage))
    return folder / "data"


@pytest.fixture(scope="module")
def shared(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A campaign in which lines are read and not run."""
    with opened(tmp_path_factory.mktemp("shared"), data=prepared) as stage:
        yield stage


def read(stage: Stage, text: str, language: str = "en") -> Read | None:
    """Read a line as it is read in a room of the campaign: None if it is no command."""
    line = call(text, prefix=HOUSE.prefix, names=(HOUSE.name,), mentioned=False)
    found = find(line, MENU) if line else None
    if found is None:
        return None
    one, rest = found

    def work(storage: Storage) -> Read:
        room = storage.rooms.find(MATRIX, ROOMS["collectif"].id)
        assert room is not None
        sender = voice("Maud")
        person = storage.people.find(sender.address)
        assert person is not None
        context = Context(
            storage=storage,
            house=House(language=language),
            now=BEGINNING,
            room=room,
            place="campaign",
            address=sender.address,
            name=sender.name,
            person=person,
            menu=MENU,
        )
        return (one.name, *arguments(one, rest, context))

    return stage.database.transaction(work, writes=False)


def attempt(stage: Stage, text: str) -> Read | str | None:
    """As `read`; what is refused is told by the message that says so."""
    try:
        return read(stage, text)
    except CampaignError as refusal:
        return refusal.text.id


# --- what phones do

PLAIN = (
    *(example(one, language) for one in MENU for language in LANGUAGES),
    '!sign "Les Amis du libre" role="chair" mandate=general assembly url=https://amis.example',
    "!signer L'Atelier d'en bas role=co-presidente note=c'est voté",
    "!vote objection We can't yet",
    "!deadline 30/09/2099 18h30 first round",
    "!scrutin ouvrir consentement Signe-t-on ? cloture=2099-09-15",
    "!status campaign=communs",
    '!sign "Les Amis du libre"',
    '!sign Les Amis du libre role="chair"',
    "!exporter markdown statut=silencieux",
)


def curly(line: str) -> str:
    quotes = iter("“”" * line.count('"'))
    return re.sub('"', lambda _: next(quotes), line).replace("'", "’")


def french_quotes(line: str) -> str:
    quotes = iter(["«\u00a0", "\u00a0»"] * line.count('"'))
    return re.sub('"', lambda _: next(quotes), line).replace("'", "‘")


def capital(line: str) -> str:
    return line[0] + line[1].upper() + line[2:]


def capitals(line: str) -> str:
    word, *rest = line.split(" ", 1)
    return " ".join([word.upper(), *rest])


def accented(line: str) -> str:
    """An accent, right or wrong, on each e of the command's name: some people write `!échéance`, others cannot."""
    word, *rest = line.split(" ", 1)
    return " ".join([unicodedata.normalize("NFC", word.replace("e", "e\u0301")), *rest])


def accented_apart(line: str) -> str:
    """As some keyboards send it: the accent as a character of its own."""
    word, *rest = line.split(" ", 1)
    return " ".join([word.replace("e", "e\u0301"), *rest])


def capital_options(line: str) -> str:
    return re.sub(r"(?<= )(\w)(\w+=)", lambda found: found[1].upper() + found[2], line)


def with_stop(line: str) -> str:
    """What two taps on the space bar add to the last word; at the end of prose it is the person's own, and stays."""
    return line if line.endswith((".", "?", "!")) or ends_in_prose(line) else f"{line}."


def ends_in_prose(line: str) -> bool:
    """Whether the last words of a line are for people to read as they were typed."""
    found = find(Line(clean(line).removeprefix("!")), MENU)
    prose = [one for one in found[0].parameters if one.kind == "prose"] if found else []
    options = [word for one in prose if one.is_option for word in option_words(one.name)]
    last = line.rpartition("=")[0].split()
    return any(not one.is_option for one in prose) or bool(last and fold(last[-1]) in options)


Phone = Callable[[str], str]

INSIDE: dict[str, Phone] = {
    "curly quotes": curly,
    "French quotes": french_quotes,
    "a capital": capital,
    "capitals": capitals,
    "capital options": capital_options,
    "accents": accented,
    "accents apart": accented_apart,
    "a full stop": with_stop,
    "spaces around equals": lambda line: re.sub(r"(?<=\w)=", " = ", line),
    "a full-width equals": lambda line: line.replace("=", "\uff1d"),
    "invisible words": lambda line: line.replace(" ", " \u2060 "),
    "no-break spaces": lambda line: line.replace(" ", "\u00a0"),
    "narrow no-break spaces": lambda line: line.replace(" ", "\u202f"),
    "double spaces": lambda line: line.replace(" ", "  "),
}
AT_THE_MARK: dict[str, Phone] = {
    "a full-width mark": lambda line: f"\uff01{line[1:]}",
    "a space after the mark": lambda line: f"! {line[1:]}",
    "a no-break space after the mark": lambda line: f"!\u00a0{line[1:]}",
    "a narrow one": lambda line: f"!\u202f{line[1:]}",
    "a full-width mark and a space": lambda line: f"\uff01 {line[1:]}",
    "the bot's name": lambda line: f"!tocsin {line[1:]}",
    "the bot's name with a capital": lambda line: f"! Tocsin, {line[1:]}",
    "the name alone": lambda line: f"tocsin: {line[1:]}",
    "the name and the mark": lambda line: f"@Tocsin: {line}",
}
AROUND: dict[str, Phone] = {
    "a byte order mark": lambda line: f"\ufeff{line}",
    "zero-width characters": "\u200b".join,
    "soft hyphens": "\u00ad".join,
    "direction marks": lambda line: f"\u202a{line}\u202c",
    "space around": lambda line: f" {line} \n",
    "a quotation before it": lambda line: f"> Camille: sign, please\n> !withdraw Nuage Libre\n{line}",
    "a quotation and a gap": lambda line: f">!withdraw Nuage Libre\n\n{line}",
}
PHONES = INSIDE | AT_THE_MARK | AROUND
"""What phones, keyboards and clients do to a line, none of which changes what is meant by it."""


@pytest.mark.parametrize("phone", PHONES.values(), ids=PHONES)
def test_a_phones_line_is_the_plain_line(shared: Stage, phone: Phone) -> None:
    changed = 0
    for line in PLAIN:
        plain = read(shared, line)
        assert plain is not None, line
        assert read(shared, phone(line)) == plain, phone(line)
        changed += phone(line) != line
    assert changed, "it does something"


@settings(max_examples=400, deadline=None)
@given(
    line=st.sampled_from(PLAIN),
    inside=st.sets(st.sampled_from(list(INSIDE))),
    mark=st.none() | st.sampled_from(list(AT_THE_MARK)),
    around=st.sets(st.sampled_from(list(AROUND))),
)
def test_so_is_what_several_of_them_do_at_once(
    shared: Stage, line: str, inside: set[str], mark: str | None, around: set[str]
) -> None:
    typed = line
    for name, phone in PHONES.items():
        if name in inside | around | {mark}:
            typed = phone(typed)
    assert read(shared, typed) == read(shared, line), typed


@pytest.mark.parametrize(
    ("accented_line", "plain"),
    [
        ("!échéance 2099-09-30 18h", "!echeance 2099-09-30 18h"),
        ("!Enréflexion 2099-09-01 Nuage Libre", "!enreflexion 2099-09-01 Nuage Libre"),
        ("!vérifier 1", "!verifier 1"),
        ("!signer NL rôle=x financement=indirect", "!signer NL role=x financement=indirect"),
        ("!détails NL témoignage=x rôle=y", "!details NL temoignage=x role=y"),
        ("!exporter csv statut=déclaré", "!exporter csv statut=declare"),
        ("!scrutin ouvrir majorité Oui ? clôture=3 jours", "!scrutin ouvrir majorite Oui ? cloture=3 jours"),
        ("!rappeler aperçu", "!rappeler apercu"),
        ("!org représentant @x:example.org NL", "!org representant @x:example.org NL"),
    ],
)
def test_accents_may_be_left_out(shared: Stage, accented_line: str, plain: str) -> None:
    assert read(shared, accented_line) == read(shared, plain)
    assert read(shared, plain) is not None


def test_a_quotation_of_very_many_lines_holds_up_nobody() -> None:
    """In proportion to how many there are, and not to their square."""

    def seconds(lines: int) -> float:
        text = ">\n" * lines + "!status"
        began = time.process_time()
        assert calling.without_quotation(text) == "!status"
        return time.process_time() - began

    assert min(seconds(320_000) for _ in range(2)) < 40 * max(0.001, min(seconds(20_000) for _ in range(5)))


@pytest.mark.parametrize("line", PLAIN)
def test_a_quoted_reply_is_read_without_what_it_quotes(shared: Stage, line: str) -> None:
    """With what Matrix clients put before a reply, which is taken off before, and where it is not."""
    for fallback in ("> <@sacha:mail.example> !withdraw\n\n", "> * <@sacha:mail.example> waves\n> twice\n\n"):
        assert read(shared, without_quote(fallback + line)) == read(shared, line)
        assert read(shared, fallback + line) == read(shared, line)


def test_commands_that_go_on_in_the_next_line_end_with_somebodys_own_words() -> None:
    ending = {one.name: one.parameters for one in MENU if {*map(fold, one.names)} & GO_ON}
    assert {fold(name) for one in MENU if one.name in ending for name in one.names} == {*GO_ON}
    assert all(any(one.kind in ("rest", "prose") for one in parameters) for parameters in ending.values())


@pytest.mark.parametrize(
    "text",
    [
        "> !sign Nuage Libre",
        "> !sign Nuage Libre\n> !confirm",
        "> !sign Nuage Libre\nI would not.",
        "I would not.\n> !sign Nuage Libre",
        "!sign Nuage Libre\nor would you?",
        "Say !sign Nuage Libre",
        "(!sign Nuage Libre)",
        "“!sign Nuage Libre”",
        "sign Nuage Libre",
        "!!!",
        "!?",
        "!",
        "! ",
        "!1",
        "",
        "tocsin",
        "tocsin is a bell",
        "a tocsin: sign",
    ],
)
def test_what_is_no_command_is_none(shared: Stage, text: str) -> None:
    assert read(shared, text) is None


def test_an_abbreviation_keeps_its_stop(shared: Stage) -> None:
    assert read(shared, "!sign A.R.N.") == ("sign", {"organisation": "A.R.N."}, "")
    assert read(shared, "!sign Et cetera...") == ("sign", {"organisation": "Et cetera..."}, "")


def test_a_code_is_read_without_the_stop_a_phone_adds(shared: Stage) -> None:
    assert read(shared, "!link abcd2345.") == ("link", {"code": "abcd2345"}, "")


# --- whatever is typed

# Everything, and often what means something here.
SCRAPS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [word for one in MENU for parameter in one.parameters for word in option_words(parameter.name)]
    ).map(lambda word: f" {word}="),
    st.sampled_from([word for table in CHOICES.values() for words in table.values() for word in words]),
    st.sampled_from(
        [" ", '"', "“", "«", "'", ".", "=", "==", "#", "n°", "-1", "+1", "!", "\n", "> ", "\u00a0"]
    ),
    st.sampled_from(
        ["2099-09-30", "18:00", "31/02", "29 février", "0000-00-00", "99999999999999999999", "25h61"]
    ),
    st.sampled_from(
        ["demain", "in 3 days", "dans 10000000000 jours", "next", "le 31", "vendredi 18h", "9999-12-31"]
    ),
    st.integers().map(str),
    st.from_regex(r"[0-9٠-٩]{1,12}[dhmjs ./:-]{0,3}", fullmatch=True),
)
RESTS = st.lists(SCRAPS, max_size=8).map("".join)
NAMES = st.sampled_from(sorted({name for one in MENU for name in one.names}))


@settings(max_examples=1500, deadline=None)
@given(name=NAMES, rest=RESTS)
def test_whatever_follows_a_command_is_read_or_refused(shared: Stage, name: str, rest: str) -> None:
    attempt(shared, f"!{name} {rest}")


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.text(max_size=300), st.text(max_size=30).map(lambda text: f"!{text}"), RESTS))
def test_whatever_is_typed_is_cleaned_once_and_for_all(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert not re.search(r"\s\s|[\n\r\u200b\u202e\ufeff]", once)
    line = call(text, prefix="!", names=("tocsin",), mentioned=True)
    if line is not None:
        assert "\n" not in line.text
        assert all(line.words)
        find(line, MENU)
        nearest(line, MENU)


CALLED = ("tocsin", "@tocsin:campagne.example", "Le Crieur 🔔", "tocsin_", "École")


@pytest.mark.parametrize(
    "text",
    [
        "Tocsin : statut",
        "tocsin : statut",
        "tocsin: statut",
        "tocsin:statut",
        "Tocsin, !statut",
        "tocsin_: statut",
        "!tocsin !statut",
        "!tocsin: statut",
        "! tocsin statut",
        "@tocsin:campagne.example: statut",
        "@tocsin:campagne.example : statut",
        "Le Crieur 🔔: statut",
        "@le crieur 🔔, !statut",
        "ecole\u00a0: statut",
    ],
)
def test_the_bot_answers_to_any_name_it_has_there(text: str) -> None:
    assert call(text, prefix="!", names=CALLED, mentioned=False) == Line("statut")


@pytest.mark.parametrize(
    "text", ["tocsin statut", "@tocsin:campagne.example statut", "Le Crieur 🔔 statut", "tocsin_ !statut"]
)
def test_without_a_colon_a_name_calls_the_bot_where_the_network_says_so(text: str) -> None:
    assert call(text, prefix="!", names=CALLED, mentioned=True) == Line("statut")
    assert call(text, prefix="!", names=CALLED, mentioned=False) is None


@pytest.mark.parametrize(
    "text", ["tocsinade: statut", "Le Crieur: statut", "@tocsin:ailleurs.example", "statut"]
)
def test_somebody_else_is_not_the_bot(text: str) -> None:
    line = call(text, prefix="!", names=CALLED, mentioned=True)
    assert line is None or find(line, MENU) is None


async def test_in_private_no_colon_is_needed(noisy: Stage) -> None:
    sender = voice("Sacha")
    room = Room(MATRIX, f"!with-{sender.address.id}")
    said = Said(
        room,
        "$named",
        sender.address,
        "Sacha",
        "Crieur status",
        BEGINNING,
        private=True,
        my_names=("Crieur",),
    )
    answers = await noisy.take(Joined(room, BEGINNING, private_with=sender.address), said)
    assert any("{title}" in one for answer in answers for one in answer.ids)


@pytest.fixture(scope="module")
def noisy(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A campaign in which anything may happen."""
    with opened(tmp_path_factory.mktemp("noisy"), data=prepared) as stage:
        yield stage


@settings(max_examples=250, deadline=None)
@given(
    name=st.one_of(NAMES, st.text(max_size=12)),
    rest=RESTS,
    place=st.sampled_from(["campaign", "admin", "private", "other"]),
    who=st.sampled_from(["Maud", "Camille", "Sacha", "Alex"]),
)
def test_whatever_is_said_breaks_nothing(noisy: Stage, name: str, rest: str, place: Place, who: str) -> None:
    """A line that cannot be taken is put aside: none is."""
    asyncio.run(noisy.say(voice(who), f"!{name} {rest}", place))
    assert [row[1] for row in asyncio.run(noisy.rows())["quarantine"]] == ["3fa9c1"], "but what was there"


def test_a_line_without_end_is_read_to_a_bound() -> None:
    line = call("!sign " + "x" * 1_000_000, prefix="!", names=(), mentioned=False)
    assert line is not None
    assert len(line.text) <= calling.LONGEST


def test_only_an_option_for_several_values_takes_several(shared: Stage) -> None:
    found = read(shared, "!answer 1 There source=a.example, source=b.example source= c.example")
    assert found is not None
    assert found[1]["source"] == "a.example b.example c.example"
    last = read(shared, "!sign Nuage Libre role=one role=other")
    assert last is not None
    assert last[1]["role"] == "other", "the control"


# --- usage and back

VALUES: dict[str, tuple[str, ...]] = {
    "word": ("something",),
    "rest": ("Some words of it",),
    "prose": ("A sentence. And another.",),
    "moment": ("2099-09-30 18:00",),
    "day": ("2099-09-30",),
    "span": ("3d",),
    "number": ("3",),
    "option": ("A value of several words",),
    "options": ("One of several values",),
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("one", MENU, ids=lambda one: one.name)
def test_what_usage_shows_can_be_typed(shared: Stage, one: Command, language: str) -> None:
    """Everything a usage line shows, filled in, is read as what it stands for; and each choice as itself."""
    shown = Wordings(House(language=language), MENU).plain(Message((usage(one, language),)), language)
    line = f"!{one.name_in(language)} {shape(one, language)}".rstrip()
    assert line in shown
    for number in range(max((len(parameter.choices) for parameter in one.parameters), default=0) or 1):
        typed, expected = filled(line, one, language, number)
        found = read(shared, typed, language)
        assert found is not None, typed
        name, given_, campaign = found
        assert (name, campaign) == (one.name, given_.get("campaign", "")), typed
        assert set(given_) == {parameter.name for parameter in one.parameters if parameter.kind != "more"}, (
            typed
        )
        for parameter, value in expected.items():
            assert given_[parameter] == value, typed


def filled(line: str, one: Command, language: str, number: int) -> tuple[str, dict[str, object]]:
    """A usage line with a value in each of its places; and what some of them are to be read as."""
    expected: dict[str, object] = {}
    positional = iter([parameter for parameter in one.parameters if not parameter.is_option])
    options = {in_language(one.name, language): one for one in one.parameters if one.is_option}

    def value(parameter: Parameter) -> str:
        if parameter.choices:
            choice = parameter.choices[number % len(parameter.choices)]
            expected[parameter.name] = choice
            return in_language(choice, language)
        (text,) = VALUES[parameter.kind] if parameter.name != "campaign" else ("commons",)
        if parameter.kind in ("word", "rest", "prose", "option", "options"):
            expected[parameter.name] = text
        return text

    def place(found: re.Match[str]) -> str:
        inside = found[1]
        if "=" not in inside:
            return value(next(positional))
        return " ".join(f"{word}{value(options[word.removesuffix('=')])}" for word in inside.split(" "))

    return re.sub(r"[<\[]([^>\]]*)[>\]]", place, line), expected


@pytest.mark.parametrize(
    "one", [one for one in MENU if any(p.required for p in one.parameters)], ids=lambda one: one.name
)
def test_what_is_missing_is_answered_with_the_usage(shared: Stage, one: Command) -> None:
    with pytest.raises(UsageError) as refused:
        read(shared, f"!{one.name}")
    wanted = refused.value.text
    if one.also is None:
        assert wanted == usage(one, "en")
        return
    said = Wordings(shared.house, MENU).of("en").plain([wanted])
    assert said.startswith(Wordings(shared.house, MENU).of("en").plain([usage(one, "en")]))
    assert "\n" in said or one.name == "objection", "and what can be said now: no poll here takes objections"


# --- examples

PREPARATION: dict[str, tuple[tuple[str, str, Place], ...]] = {
    "details": (("Camille", "!sign", "campaign"),),
    "withdraw": (("Camille", "!sign", "campaign"),),
    "confirm": (("Camille", "!sign Serveur du Nord", "campaign"),),
    "org unmerge": (
        ("Maud", "!org merge Le Fil Commun = La Fibre Partagée", "admin"),
        ("Maud", "!confirm", "admin"),
    ),
    "objection": (
        ("Maud", "!poll open consent Really?", "admin"),
        ("Maud", "!confirm", "admin"),
        ("Camille", "!vote 2 objection It is too soon", "campaign"),
    ),
    "campaign reopen": (("Maud", "!campaign close", "admin"), ("Maud", "!confirm", "admin")),
    "dispute": (("Sacha", "!sign Nuage Libre", "campaign"), ("Sacha", "!confirm", "campaign")),
}
"""What else must have happened for an example to make sense: who says what, where."""


@pytest.fixture
def stage(prepared: Path, tmp_path: Path) -> Iterator[Stage]:
    """A campaign of its own."""
    with opened(tmp_path, data=prepared) as one:
        yield one


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("one", MENU, ids=lambda one: one.name)
async def test_the_example_in_help_does_what_it_says(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, one: Command, language: str
) -> None:
    """Typed as it stands, in private or in a campaigners' room, by somebody who may."""
    refusals: list[str] = []
    answered = answer.answer

    def watched(context: Context, said: Said) -> object:
        try:
            return answered(context, said)
        except CampaignError as refusal:
            refusals.append(refusal.text.id)
            raise

    for name, line, place in PREPARATION.get(one.name, ()):
        await stage.say(voice(name), line, place)
    if one.name == "poll conclude":
        await stage.tick(stage.now + timedelta(days=4))
    who = voice("Maud" if one.admin else "Camille")
    alone = one.name in ("link", "language") or "campaign" not in one.where
    where: Place = "admin" if one.admin else "private" if alone else "campaign"
    await stage.say(who, "!help", where)
    before = await stage.rows()
    monkeypatch.setattr(answer, "answer", watched)
    answers = await stage.say(who, example(one, language), where)
    assert refusals == []
    assert answers
    ids = [line for answer_ in answers for line in answer_.ids]
    assert not [line for line in ids if line.startswith(("I do not know", "I did not understand"))], ids
    if one.name in CHANGING:
        assert await stage.rows() != before, ids
    else:
        assert all(answer_.message.lines for answer_ in answers)


async def test_an_example_that_is_wrong_is_noticed(stage: Stage) -> None:
    """The control: what is refused leaves the database as it was."""
    who = voice("Camille")
    await stage.say(who, "!help")
    before = await stage.rows()
    for line in ("!sign Nuage Libre funded=maybe", "!deciding yesterday Nuage Libre", "!vote perhaps"):
        await stage.say(who, line)
        assert await stage.rows() == before


# --- typos

PUBLIC = sorted({(name, one.name) for one in MENU if not one.admin for name in one.names if len(name) > 3})


def typos(name: str) -> Iterator[str]:
    """Every single slip: a letter left out, doubled, swapped with its neighbour, or hit beside."""
    for at in range(len(name)):
        yield name[:at] + name[at + 1 :]
        yield name[: at + 1] + name[at:]
        yield name[:at] + "w" + name[at + 1 :]
        if at:
            yield name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :]


@pytest.mark.parametrize(("name", "meant"), PUBLIC)
def test_a_typo_of_a_command_suggests_it(name: str, meant: str) -> None:
    """Unless it is another command, or as near to one: `!polls` is a letter from `!poll`."""
    hit = 0
    for typed in typos(name):
        if typed == name or find(Line(typed), MENU) is not None:
            continue
        suggested = nearest(Line(f"{typed} Nuage Libre"), MENU)
        assert suggested is not None, typed
        hit += suggested[0].name == meant
        assert suggested[1] == "Nuage Libre"
    assert hit >= len(name), "most of the time it is the one that was meant"


@pytest.mark.parametrize("typed", ["xyzzy", "si", "hello", "bonjour", "youpi", "play", "w" * 5000])
def test_what_is_no_typo_suggests_nothing(typed: str) -> None:
    assert nearest(Line(typed), MENU) is None


def test_a_campaigners_command_is_suggested_to_nobody() -> None:
    for one in MENU:
        if one.admin:
            for typed in typos(one.name.split(" ")[0]):
                suggested = nearest(Line(typed), MENU)
                assert suggested is None or not suggested[0].admin


async def test_a_typo_is_hinted_at_once_where_people_sign(stage: Stage) -> None:
    for place, hinted in (("campaign", True), ("private", True), ("other", False), ("admin", False)):
        answers = await stage.say(voice("Camille"), "!singn Nuage Libre", place)  # type: ignore[arg-type]
        assert bool(answers) is hinted, place


def test_a_flood_of_long_words_is_not_remembered() -> None:
    for number in range(100):
        assert fold(f"É{number}" + "x" * 4000) == f"e{number}" + "x" * 4000


@pytest.mark.parametrize(
    "said",
    ["non merci", "Non, merci !", "no thanks", "surtout pas", "non attendez, laissez", "certainly not"],
)
def test_a_no_in_more_words_is_one(said: str) -> None:
    assert picking.yes_or_no(said) == "no"


@pytest.mark.parametrize("said", ["non on signe", "non merci ?", "no problem", "nonmerci", "non, Hublot"])
def test_what_says_more_than_no_is_looked_at_by_itself(said: str) -> None:
    assert picking.yes_or_no(said) is None


@pytest.mark.parametrize("space", [" ", "\N{NO-BREAK SPACE}", "\N{NARROW NO-BREAK SPACE}"])
def test_what_is_copied_from_the_bot_with_its_spaces_is_understood(space: str) -> None:
    assert picking.yes_or_no(f"«{space}oui{space}»") == "yes"
    assert picking.yes_or_no(f"«{space}non{space}»{space}!") == "no"
    assert answering.parted(f"«{space}réserve{space}»{space}: trop court") == ("réserve", "trop court")
    line = call(f"!voter «{space}pour{space}»", prefix="!", names=(), mentioned=False)
    assert line is not None
    assert [fold(word) for word in line.words if fold(word)] == ["voter", "pour"]
