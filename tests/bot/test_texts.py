"""What people typed stays data, whatever it is, and each language writes things its own way."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from io import BytesIO

import pytest
from babel.core import Locale
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.texts import Catalogue, Wording
from bot.texts.data import clean
from bot.texts.wording import MOST_CHARACTERS
from bot.transports.base import Capabilities
from campaign.chat import (
    MATRIX,
    XMPP,
    Address,
    Day,
    Link,
    Listing,
    Markdown,
    Message,
    Moment,
    Text,
    Typed,
    say,
    say_many,
)

# Those of the tags that the Matrix specification suggests clients permit that we have a use for.
PERMITTED = {
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "p",
    "a",
    "ul",
    "ol",
    "li",
    "strong",
    "em",
    "code",
    "hr",
    "br",
    "pre",
}

PO = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Language: fr\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"

msgid "{name} has **signed**."
msgstr "{name} a **signé**."

msgid "{count} organisation has signed."
msgid_plural "{count} organisations have signed."
msgstr[0] "{count} organisation a signé."
msgstr[1] "{count} organisations ont signé."

msgid "{name} was here."
msgstr "{nom} était là."

msgid "{name} waits."
msgstr "On attend."

#, fuzzy
msgid "{name} leaves."
msgstr "{name} arrive."

msgid "{name}: {line}"
msgstr "{name}\u00a0: {line}"

msgid "“{code}”"
msgstr "«\u00a0{code}\u00a0»"

msgid "{date} at {time} ({zone})"
msgstr "{date} à {time} ({zone})"
"""
NAMES = {"sign": {"fr": "signer"}, "poll": {"fr": "scrutin"}, "poll open": {"fr": "scrutin ouvrir"}}
FRENCH = Wording("fr", command_names=NAMES, catalogue=Catalogue.read(BytesIO(PO.encode()), Locale("fr")))
ENGLISH = Wording("en", command_names=NAMES)
SPACE = "\u202f"
MATRIX_ROOM = Capabilities(html=True, reactions=True)
XMPP_ROOM = Capabilities()


class Reader(HTMLParser):
    """Which tags there are, and what a person reads."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.tags, self.links, self.text, self.open = [], [], "", []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        assert tag in PERMITTED
        self.tags.append(tag)
        if tag == "a":
            assert [name for name, _ in attrs] == ["href"]
            self.links.append(attrs[0][1])
        else:
            assert not attrs or (tag == "ol" and [name for name, _ in attrs] == ["start"])
        if tag not in {"br", "hr"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def html_of(wording, *lines):
    return Reader(wording.html(lines))


# --- any value at all ---------------------------------------------------------------------------------------

MARKUP = st.text(alphabet="*_~`<>&[]()!#-+.1=|\\/:@ \nabé{}\u202e\u200b\u2028", max_size=30)
TYPED_BY_PEOPLE = st.one_of(
    MARKUP,
    st.text(max_size=30),
    st.text(alphabet=st.characters(), max_size=20),  # surrogates, controls and private use too
    st.sampled_from(
        [
            "!sign x",
            "\u200b!sign",
            "\uff01sign",  # a full-width exclamation mark
            "<script>alert(1)</script>",
            "https://evil.example.org",
            "[x](https://evil.example.org)",
            "@room",
            "# Title",
            "> quote",
            "1. one",
            "- item",
            "```",
            "    code",
            "***",
            "\U000f0000",
            "/me leaves",
            "&lt;b&gt;",
            "",
        ]
    ),
)
INSTANTS = st.datetimes(timezones=st.one_of(st.none(), st.just(UTC)))
ZONES = st.one_of(
    st.sampled_from(["Europe/Paris", "UTC", "", "Europe", "../etc/passwd", "Nowhere/Else"]), MARKUP
)
TEMPLATES = st.one_of(
    MARKUP,
    st.sampled_from(
        ["{a}", "*{a}*", "**{a}**", "- {a}", "`{a}`", "[{a}]({b})", "> {a}", "{a}{b}", "({a}) {b}"]
    ),
)
VALUES = st.recursive(
    st.one_of(
        TYPED_BY_PEOPLE,
        st.integers(),
        st.builds(pow, st.just(10), st.just(5000)),
        st.builds(Moment, INSTANTS, ZONES),
        st.builds(Day, st.dates()),
        st.builds(Typed, st.sampled_from(["sign", "poll", "poll open", "other", ""]), TYPED_BY_PEOPLE),
        st.builds(Link, st.one_of(TYPED_BY_PEOPLE, st.just("https://example.org/_a_?b=*c*&d"))),
        st.builds(Markdown, st.one_of(TYPED_BY_PEOPLE, MARKUP)),
    ),
    lambda inner: st.one_of(
        st.builds(Listing, st.lists(inner, max_size=4).map(tuple)),
        st.builds(Text, TEMPLATES, st.dictionaries(st.sampled_from("ab"), inner, max_size=2)),
        st.builds(
            Text,
            TEMPLATES,
            st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
            TEMPLATES,
            st.integers(-3, 10**9),
        ),
    ),
    max_leaves=6,
)
TEXTS = st.builds(Text, TEMPLATES, st.dictionaries(st.sampled_from("ab"), VALUES, max_size=2))
WORDINGS = st.sampled_from([FRENCH, ENGLISH, Wording("xx"), Wording("fr", prefix="?", zone="nowhere")])
SLOW = settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])


def is_guarded(text, prefix="!"):
    return not any(line.lstrip().startswith((prefix, "\uff01", "!", "/me")) for line in text.split("\n"))


@SLOW
@given(WORDINGS, st.lists(TEXTS, max_size=4))
def test_rendering_never_fails(wording, lines):
    message = Message(tuple(lines), to=Address(MATRIX, "@a:example.org"), to_name="Camille")
    for capabilities in (MATRIX_ROOM, XMPP_ROOM):
        for payload in (
            wording.payload_of(message, capabilities),
            wording.payload_of(message, capabilities, address=True),
            wording.merge([message, message], capabilities, 20)[0],
        ):
            payload.text.encode()
            Reader(payload.html)
            assert is_guarded(payload.text)
            assert payload.mentions == ("@a:example.org",)
    for line in lines:
        wording.markdown(line).encode()


# --- data stays data ----------------------------------------------------------------------------------------

SENTENCES = {
    "{name} has **signed**.": ["strong"],
    "**{name}**": ["strong"],
    "*{name}*s are here": ["em"],
    "- {name}": ["ul", "li"],
    "{name}": [],
    "> {name}": ["blockquote", "p"],
    "Type `{name}`!": ["code"],
    "# {name}": ["h1"],
    "{name}{name}": [],
}


@SLOW
@given(st.sampled_from(sorted(SENTENCES)), TYPED_BY_PEOPLE)
def test_data_changes_no_tag_and_comes_out_again(sentence, data):
    html = ENGLISH.html([say(sentence, name=data)])
    assert bool(html) == bool(SENTENCES[sentence])
    if html:
        read = Reader(html)
        assert read.tags == SENTENCES[sentence]
        assert clean(data) in read.text


@SLOW
@given(st.sampled_from(sorted(SENTENCES)), TYPED_BY_PEOPLE)
def test_data_in_markdown_is_escaped(sentence, data):
    if "`" in sentence or not clean(data):
        return
    html = MarkdownIt("commonmark", {"html": False}).render(
        ENGLISH.markdown(say("Here: {name} .", name=data))
    )
    read = Reader(html)
    assert read.tags == ["p"]
    assert read.text.strip() == f"Here: {clean(data)} ."


@SLOW
@given(st.sampled_from(sorted(SENTENCES)), TYPED_BY_PEOPLE)
def test_data_begins_no_command_and_no_quotation(sentence, data):
    lines = [say(sentence, name=data), say("{name}", name=data)]
    for text in (ENGLISH.plain(lines), ENGLISH.styled(lines)):
        assert is_guarded(text)
        ours = sum(line.startswith(">") for line in text.split("\n"))
        assert ours == (1 if sentence.startswith(">") else 0)


def test_a_configured_prefix_is_guarded_too():
    wording = Wording("en", prefix="Tocsin ")
    assert wording.plain([say("{name} signed", name="tocsin sign x")]) == "› tocsin sign x signed"
    assert wording.plain([say("{name} signed", name="a tocsin")]) == "a tocsin signed"


def spans(text):
    """What XEP-0393 makes of one line: its marks, and what stands between them. Written from its rules."""
    found, at = [], 0
    while at < len(text):
        mark = text[at]
        opens = mark in "*_~`" and (at == 0 or text[at - 1].isspace()) and text[at + 1 : at + 2].strip()
        end = next((i for i in range(at + 2, len(text)) if text[i] == mark and not text[i - 1].isspace()), 0)
        if opens and end:
            found.append((mark, text[at + 1 : end]))
            at = end + 1
        else:
            at += 1
    return found


@SLOW
@given(TYPED_BY_PEOPLE, TYPED_BY_PEOPLE)
def test_data_styles_nothing_and_ends_no_span_of_ours(name, other):
    assert spans(ENGLISH.styled([say("{name} and {other}", name=name, other=other)])) == []
    styled = ENGLISH.styled([say("Hi **{name}** ({other}) {other}", name=name, other=other)])
    assert spans(styled) in ([], [("*", clean(name))], [("*", styled_word(name))])
    command = ENGLISH.styled([say("Type {command} {other}", command=Typed("sign", name), other=other)])
    assert spans(command) in ([], [("`", clean(f"!sign {name}"))])


def styled_word(data):
    """As styled text shows it."""
    return ENGLISH.styled([say("a {name}", name=data)]).removeprefix("a ")


def test_lone_marks_within_words_stay():
    words = "foo_bar __init__x a*b 3 * 4 https://example.org/_x_"
    assert ENGLISH.styled([say("{name}", name=words)]).endswith("x a*b 3 * 4 https://example.org/_x_")


def test_nobody_typed_a_link_or_a_mention():
    data = "https://evil.example.org <a href=x>@room</a> @admin:example.org"
    message = Message((say("**{name}**", name=data),), mentions=(Address(XMPP, "a@example.org"),))
    payload = FRENCH.payload_of(message, MATRIX_ROOM)
    assert Reader(payload.html).links == []
    assert payload.mentions == ()


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "http://", "ftp://example.org", "https://a b", "x", "\u202ehttps://a"]
)
def test_only_web_and_mail_addresses_are_links(url):
    lines = [say("see {url}", url=Link(url)), say("[here]({url})", url=url)]
    assert html_of(ENGLISH, *lines).links == []


@pytest.mark.parametrize(
    "url", ["https://example.org/a_b_?x=1&y=*2*#é", "mailto:a_b@example.org", "HTTP://example.org/%20(x)"]
)
def test_a_link_is_not_altered(url):
    read = html_of(ENGLISH, say("see {url}.", url=Link(url)))
    assert read.links == [url]
    assert read.text == f"see {url}."
    assert ENGLISH.plain([say("see {url}.", url=Link(url))]) == f"see {url}."
    assert ENGLISH.styled([say("see {url}.", url=Link(url))]) == f"see {url}."


def test_invisible_characters_go_and_white_space_collapses():
    data = "  a\u202eb\u200bc\t\n d\u00a0e\x00\ufeff\ud800\u2066\u3164  "
    assert ENGLISH.plain([say("[{name}]", name=data)]) == "[abc d e]"


# --- languages ----------------------------------------------------------------------------------------------


def test_dates_numbers_and_lists_in_french():
    at = Moment(datetime(2027, 9, 30, 16, 0, 59, tzinfo=UTC), "Europe/Paris")
    assert FRENCH.plain([say("{at}", at=at)]) == "jeudi 30 septembre 2027 à 18:00 (Europe/Paris)"
    assert FRENCH.plain([say("{day}", day=Day(date(2027, 8, 1)))]) == "dimanche 1er août 2027"
    assert FRENCH.plain([say("{n}", n=1234567)]) == f"1{SPACE}234{SPACE}567"
    assert FRENCH.plain([say("{l}", l=Listing(("a", "b", Typed("sign"))))]) == "a, b et «\u00a0!signer\u00a0»"
    assert FRENCH.plain([say("{l}.", l=Listing(()))]) == "."
    assert (
        FRENCH.plain([say("{l}", l=Listing(("a", "b", Typed("sign")), either=True))])
        == "a, b ou «\u00a0!signer\u00a0»"
    )


def test_dates_numbers_and_lists_in_english():
    at = Moment(datetime(2027, 9, 30, 16, tzinfo=UTC), "Europe/Paris")
    assert ENGLISH.plain([say("{at}", at=at)]) == "Thursday, 30 September 2027 at 18:00 (Europe/Paris)"
    assert ENGLISH.plain([say("{n}", n=1234567)]) == "1,234,567"
    assert ENGLISH.plain([say("{l}", l=Listing(("a", "b", "c")))]) == "a, b and c"
    assert ENGLISH.plain([say("{l}", l=Listing(("a", "b", "c"), either=True))]) == "a, b or c"


def test_a_minute_that_comes_twice_says_which():
    hours = [
        ENGLISH.plain([say("{at}", at=Moment(datetime(2027, 10, 31, hour, 30, tzinfo=UTC), "Europe/Paris"))])
        for hour in (0, 1)
    ]
    assert hours[0].endswith("02:30 (Europe/Paris, UTC+02:00)")
    assert hours[1].endswith("02:30 (Europe/Paris, UTC+01:00)")


def test_a_moment_without_a_zone_takes_the_wordings():
    moment = Moment(datetime(2027, 1, 1, 12, tzinfo=UTC), "")
    assert Wording("en", zone="America/Lima").plain([say("{at}", at=moment)]).endswith("07:00 (America/Lima)")


@pytest.mark.parametrize(
    ("count", "french", "english"),
    [
        (0, "0 organisation a signé.", "0 organisations have signed."),
        (1, "1 organisation a signé.", "1 organisation has signed."),
        (2, "2 organisations ont signé.", "2 organisations have signed."),
        (1000, f"1{SPACE}000 organisations ont signé.", "1,000 organisations have signed."),
    ],
)
def test_plurals(count, french, english):
    text = say_many("{count} organisation has signed.", "{count} organisations have signed.", count)
    assert FRENCH.plain([text]) == french
    assert ENGLISH.plain([text]) == english


@pytest.mark.parametrize("message", ["{name} was here.", "{name} waits.", "{name} leaves.", "{name} is new."])
def test_a_bad_translation_is_said_in_english(message):
    assert FRENCH.plain([say(message, name="Camille")]) == message.replace("{name}", "Camille")


def test_a_place_without_a_value_stays_to_be_seen():
    assert FRENCH.plain([say("{name} and {other}", name="a")]) == "a and {other}"


@pytest.mark.parametrize("language", ["xx", "", "../fr", "en_US", "de"])
def test_other_languages_are_english(language):
    wording = Wording(language)
    assert wording.language == "en"
    assert wording.plain([say("{n}", n=1000)]) == "1,000"


@pytest.mark.parametrize("language", ["fr", "fr_CA", "fr-FR"])
def test_the_shipped_french_is_found(language):
    assert Wording(language).plain([say("{c}", c=Typed("sign"))]) == "«\u00a0!sign\u00a0»"


def test_commands_are_shown_in_the_readers_language():
    lines = [
        say("{c}", c=Typed("sign", "Pico soft")),
        say("{c}", c=Typed("poll close", "3")),
        say("{c}", c=Typed("poll open")),
    ]
    assert html_of(FRENCH, *lines).text == "!signer Pico soft!scrutin close 3!scrutin ouvrir"
    assert FRENCH.styled(lines) == "`!signer Pico soft`\n`!scrutin close 3`\n`!scrutin ouvrir`"
    assert ENGLISH.plain(lines) == "“!sign Pico soft”\n“!poll close 3”\n“!poll open”"
    assert FRENCH.markdown(lines[0]) == "`!signer Pico soft`"


# --- shapes -------------------------------------------------------------------------------------------------

SHAPES = [
    say("**Status** of [the letter]({url})", url=Link("https://example.org/l")),
    say("- {name}: *signed*", name="A"),
    say("- {name}", name="B"),
    say("Goal: {n}", n=12),
    say("Thanks."),
]


def test_plain_text_is_readable_by_itself():
    assert ENGLISH.plain(SHAPES) == (
        "Status of the letter (https://example.org/l)\n• A: signed\n• B\nGoal: 12\nThanks."
    )


def test_message_styling():
    assert ENGLISH.styled(SHAPES) == (
        "*Status* of the letter (https://example.org/l)\n- A: _signed_\n- B\nGoal: 12\nThanks."
    )


def test_html():
    assert ENGLISH.html(SHAPES) == (
        '<p><strong>Status</strong> of <a href="https://example.org/l">the letter</a></p>'
        "<ul><li>A: <em>signed</em></li><li>B</li></ul><p>Goal: 12<br>Thanks.</p>"
    )
    assert ENGLISH.html([say("Nothing here."), say("Nor here.")]) == ""


def test_a_letter_keeps_its_paragraphs_and_loses_its_raw_html():
    letter = "# Title\n\nWe ask\nyou <b>now</b>.\n\nSecond.\n\n1. a\n2. b\n\n> said\n\n```\ncode\n```"
    lines = [say("Read:"), say("{letter}", letter=Markdown(letter)), say("End.")]
    assert ENGLISH.styled(lines) == (
        "Read:\n\n*Title*\nWe ask you <b>now</b>.\n\nSecond.\n1. a\n2. b\n> said\n\n```\ncode\n```\n\nEnd."
    )
    assert ENGLISH.html(lines) == (
        "<p>Read:</p><h1>Title</h1><p>We ask you &lt;b&gt;now&lt;/b&gt;.</p><p>Second.</p>"
        '<ol start="1"><li>a</li><li>b</li></ol><blockquote><p>said</p></blockquote>'
        "<pre><code>code\n</code></pre><p>End.</p>"
    ).replace(' start="1"', "")


# --- messages -----------------------------------------------------------------------------------------------

CAMILLE = Address(MATRIX, "@camille:example.org")
SACHA = Address(MATRIX, "@sacha:example.org")


def signed(name, to=None, *, lines=1):
    return Message(
        tuple(say("{name} has **signed**.", name=name) for _ in range(lines)),
        to=to,
        to_name="Camille" if to else "",
    )


def test_the_addressee_is_named_when_asked():
    message = signed("Picasoft", CAMILLE)
    assert FRENCH.payload_of(message, MATRIX_ROOM).text == "Picasoft a signé."
    payload = FRENCH.payload_of(message, MATRIX_ROOM, address=True, reply_to="$e", thread="$t")
    assert payload.text == "Camille\u00a0: Picasoft a signé."
    assert payload.html == "Camille\u00a0: Picasoft a <strong>signé</strong>."
    assert (payload.mentions, payload.reply_to, payload.thread) == (("@camille:example.org",), "$e", "$t")
    assert FRENCH.render(message, html=False, address=True).text == "Camille\u00a0: Picasoft a *signé*."
    assert FRENCH.render(message, html=False, address=True).html == ""


def test_a_name_stands_above_a_list():
    message = Message((say("- a"), say("- b")), to_name="Camille")
    assert ENGLISH.render(message, html=True, address=True).text == "Camille:\n• a\n• b"


def test_mentions_are_real_matrix_accounts_each_once():
    message = Message(
        (say("Hi."),),
        to=CAMILLE,
        mentions=(SACHA, CAMILLE, Address(XMPP, "a@example.org"), Address(XMPP, "occ", room="r@example.org")),
        rings=True,
    )
    payload = ENGLISH.payload_of(message, MATRIX_ROOM)
    assert payload.mentions == ("@camille:example.org", "@sacha:example.org")
    assert payload.rings
    assert payload.html == ""


def test_nobody_is_mentioned_who_is_not_there():
    message = Message((say("Hi."),), to=CAMILLE, mentions=(SACHA,))
    for present, named in (((SACHA.id,), (SACHA.id,)), ((), ()), ((SACHA.id.upper(),), ())):
        room = replace(MATRIX_ROOM, present=present)
        assert ENGLISH.payload_of(message, room).mentions == named
        assert ENGLISH.merge([message, signed("A", CAMILLE)], room, 20)[0].mentions == named


def test_merging_names_and_mentions_everybody():
    messages = [
        signed("A", CAMILLE),
        signed("<B>", SACHA),
        Message((say("- x"),)),
        Message((say("plain <"),)),
    ]
    payload, _ = ENGLISH.merge(messages, MATRIX_ROOM, 20)
    assert payload.text == "Camille: A has signed.\nCamille: <B> has signed.\n• x\nplain <"
    assert payload.html == (
        "Camille: A has <strong>signed</strong>.<br>Camille: &lt;B&gt; has <strong>signed</strong>."
        "<ul><li>x</li></ul>plain &lt;"
    )
    assert payload.mentions == ("@camille:example.org", "@sacha:example.org")
    assert not payload.rings
    styled, _ = ENGLISH.merge(messages, XMPP_ROOM, 20)
    assert styled.html == ""
    assert styled.text.startswith("Camille: A has *signed*.\n")


def test_merging_rings_if_one_rings():
    ringing = Message((say("Now."),), rings=True)
    assert ENGLISH.merge([signed("A"), ringing], MATRIX_ROOM, 20)[0].rings


@pytest.mark.parametrize(
    ("sizes", "fits"), [([1] * 30, 20), ([19, 1, 1], 2), ([19, 2], 1), ([40, 1], 1), ([], 0), ([3], 1)]
)
@pytest.mark.parametrize("room", [MATRIX_ROOM, XMPP_ROOM])
def test_twenty_lines_fit(sizes, fits, room):
    assert ENGLISH.merge([signed("A", CAMILLE, lines=size) for size in sizes], room, 20)[1] == fits


@SLOW
@given(st.lists(st.lists(TEXTS, min_size=1, max_size=5), min_size=2, max_size=8))
def test_what_fits_has_no_more_lines_and_characters(texts):
    messages = [Message(tuple(lines), to=CAMILLE, to_name="Camille") for lines in texts]
    for room in (MATRIX_ROOM, XMPP_ROOM):
        payload, fits = ENGLISH.merge(messages, room, 20)
        assert fits >= 1
        if fits > 1:
            assert payload.text.count("\n") < 20
            assert len(payload.text) + len(payload.html) <= MOST_CHARACTERS * 2


def test_long_answers_are_not_merged():
    long = Message((say("{x}", x="word " * 2000),))
    assert ENGLISH.merge([long, long], MATRIX_ROOM, 20)[1] == 1


def test_no_slot_is_left_in_what_leaves():
    many = Listing(tuple(Typed("sign", str(n)) for n in range(300)))
    assert not re.search("[\U000f0000-\U000ffffd]", FRENCH.html([say("{many}", many=many)]))
