"""Made XMPP stanzas that no honest client or server sends: XML all of it, the same for the same seed."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from tests.data.wrong import ODD

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SEED = 20241126
AT_RANDOM = 150
_NS = (
    "urn:xmpp:mam:2", "urn:xmpp:sid:0", "urn:xmpp:delay", "urn:xmpp:reactions:0", "urn:xmpp:reply:0",
    "urn:xmpp:message-correct:0", "urn:xmpp:message-retract:1", "urn:xmpp:fasten:0", "urn:xmpp:fallback:0",
    "urn:xmpp:occupant-id:0", "urn:xmpp:carbons:2", "urn:xmpp:forward:0", "http://jabber.org/protocol/muc#user",
    "jabber:x:conference", "jabber:x:oob", "jabber:x:data", "urn:xmpp:eme:0", "eu.siacs.conversations.axolotl",
    "http://jabber.org/protocol/commands", "urn:xmpp:hints", "urn:example:nobody",
)  # fmt: skip
_NAMES = (
    "x", "result", "stanza-id", "origin-id", "delay", "reactions", "reaction", "reply", "replace", "retract",
    "fallback", "occupant-id", "received", "sent", "forwarded", "item", "status", "invite", "encrypted", "command",
)  # fmt: skip
_ATTRIBUTES = ("id", "by", "from", "to", "stamp", "jid", "code", "node", "for", "start", "end", "queryid")
_NOT_XML = frozenset("\x00\ud800\ufffe")
_WORDS = tuple(one for one in ODD if isinstance(one, str) and not _NOT_XML & set(one))
_BODIES = (
    *(one[:2000] for one in _WORDS),
    "!signer",
    "!",
    "tocsin: ",
    "!sign " + "x" * 5000,
    "\u2028".join("abc"),
)
_HUGE = "h" * 20_000
_MUC_USER = "http://jabber.org/protocol/muc#user"
_COMMANDS = "http://jabber.org/protocol/commands"
DEEP = 3000
_MANY_ATTRIBUTES = " ".join(f"a{number}='x'" for number in range(2000))

_MEANT: tuple[str, ...] = (
    *(f"<body>!signer</body><fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='{start}' end='{end}'/></fallback>"
      for start, end in (("-5", "x"), ("0", "9" * 400), ("3", "1"), ("\u0665", "\u0669"), (" 1 ", "1_0"), ("", ""))),
    *(f"<body>x</body><delay xmlns='urn:xmpp:delay' stamp='{stamp}'/>"
      for stamp in ("not a date", "9999-99-99T99:99:99Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2024")),
    "<reactions xmlns='urn:xmpp:reactions:0' id=''/>",
    "<reactions xmlns='urn:xmpp:reactions:0' id='nothing'><reaction/><reaction>👍</reaction></reactions>",
    f"<reactions xmlns='urn:xmpp:reactions:0' id='nothing'>{'<reaction>👍</reaction>' * 2000}</reactions>",
    f"<reactions xmlns='urn:xmpp:reactions:0' id='nothing'><reaction>{'é' * 20_000}</reaction></reactions>",
    "<reply xmlns='urn:xmpp:reply:0'/><body>!oui</body>",
    f"<reply xmlns='urn:xmpp:reply:0' id='{_HUGE}' to='x'/><body>!signer</body>",
    "<replace xmlns='urn:xmpp:message-correct:0' id='nothing'/><body>!signer Racines</body>",
    "<replace xmlns='urn:xmpp:message-correct:0'/><replace xmlns='urn:xmpp:message-correct:0' id=''/><body>x</body>",
    "<retract xmlns='urn:xmpp:message-retract:1' id='nothing'/>",
    "<apply-to xmlns='urn:xmpp:fasten:0' id='nothing'><moderated xmlns='urn:xmpp:message-moderate:0'><retract xmlns='urn:xmpp:message-retract:0'/></moderated></apply-to>",
    f"<x xmlns='{_MUC_USER}'><item jid='tocsin@tocsin.test' affiliation='owner' role='moderator'/><status code='110'/></x><body>x</body>",
    *(f"<x xmlns='{_MUC_USER}'><status code='{code}'/></x><body>x</body>"
      for code in ("104", "110", "170", "201", "301", "307", "321", "332", "333", "\u0663", "-1", "9" * 400)),
    f"<x xmlns='{_MUC_USER}'><destroy jid='{_HUGE}@example.org'/><invite from='tocsin@tocsin.test'/></x>",
    "<origin-id xmlns='urn:xmpp:sid:0' id=''/><stanza-id xmlns='urn:xmpp:sid:0' id='1' by='tocsin.test'/><body>x</body>",
    f"<occupant-id xmlns='urn:xmpp:occupant-id:0' id='{_HUGE}'/><body>x</body>",
    "<result xmlns='urn:xmpp:mam:2' queryid='x' id='1'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' type='groupchat' from='a@b/c'><body>!signer Racines</body></message></forwarded></result>",
    *(f"<{way} xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='tocsin@tocsin.test'><body>!signer</body></message></forwarded></{way}>"
      for way in ("sent", "received")),
    "<event xmlns='http://jabber.org/protocol/pubsub#event'><items node='urn:xmpp:bookmarks:1'><item id='x@y'/><retract id='z'/></items></event>",
    "<request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/><body>!aide</body>",
    f"<body>!signer</body><thread parent='{_HUGE}'>{_HUGE}</thread>",
    "<body xml:lang='fr'>un</body><body xml:lang='\u202e'>deux</body><body>!signer</body>",
    "<body>!signer \u202e\u2066\u200b\u2060\ufeff</body>",
    f"<body>!signer {'&#x301;' * 2000}</body>",
    f"<body>!signer {'&lt;' * 5_000}</body>",
    f"<body>{'x&#10;' * 5_000}</body>",
    f"<body>!signer {'[' * 2000}{'](' * 2000}</body>",
    f"<body>!rappel dans {'9' * 400} jours</body>",
    f"<body>!lier {'0' * 6000}</body>",
    f"<subject>{_HUGE}</subject>",
    "<subject>\u202e!signer</subject><body>!signer</body>",
    f"<body>wide</body><x xmlns='urn:example' {_MANY_ATTRIBUTES}/>",
    f"<body>many</body><x xmlns='urn:example'>{'<x/>' * 3000}</x>",
    f"<body>deep</body><x xmlns='urn:example'>{'<x>' * DEEP}{'</x>' * DEEP}</x>",
    f"<body>huge</body><x xmlns='urn:example' huge='{_HUGE * 3}'/>",
    "<body>prefixed</body><a:x xmlns:a='urn:example' a:b='c' xmlns:xml='http://www.w3.org/XML/1998/namespace' xml:base='x'/>",
    "<encrypted xmlns='eu.siacs.conversations.axolotl'><header sid='x'><key rid='-1' prekey='maybe'>=</key><iv>=</iv></header><payload>=</payload></encrypted><body>sealed</body>",
    "<encrypted xmlns='urn:xmpp:omemo:2'/><encryption xmlns='urn:xmpp:eme:0' namespace=''/>",
    "<command xmlns='http://jabber.org/protocol/commands' node='sign' sessionid='1' action='execute'/>",
    "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#request</value></field></x>",
    "<x xmlns='jabber:x:conference' jid='\u202e' password='x'/>",
    f"<x xmlns='jabber:x:conference' jid='{'r' * 5000}@example.org'/>",
    "<x xmlns='jabber:x:conference' jid='@'/><x xmlns='jabber:x:conference'/>",
)  # fmt: skip
"""What a message can hold to mislead who reads it."""

_FIELDS = "".join(
    f"<field var='unknown{n}' type='nonsense'><value>{n}</value><value/></field>" for n in range(300)
)
_FORMS: tuple[str, ...] = (
    "",
    "<x xmlns='jabber:x:data'/>",
    "<x xmlns='jabber:x:data' type='cancel'/>",
    "<x xmlns='jabber:x:data' type='result'><field var='organisation'><value>x</value></field></x>",
    f"<x xmlns='jabber:x:data' type='submit'>{_FIELDS}</x>",
    "<x xmlns='jabber:x:data' type='submit'><field/><field var=''/><field var='tocsin#step'><value>-1</value></field></x>",
    "<x xmlns='jabber:x:data' type='submit'><field var='tocsin#step'><value>\u0661</value></field></x>",
    f"<x xmlns='jabber:x:data' type='submit'><field var='organisation'><value>{_HUGE}</value></field></x>",
    "<x xmlns='jabber:x:data' type='submit'><reported/><item/><field var='organisation'><x><value>x</value></x></field></x>",
)
"""Forms that nobody was shown."""
_QUERIES: tuple[str, ...] = (
    *(f"<command xmlns='{_COMMANDS}' node='{node}' {action} {session}>{form}</command>"
      for node in ("sign", "", "nothing", "\u202e", "n" * 5000)
      for action, session in (
          ("", ""), ("action='execute'", "sessionid='of somebody else'"), ("action='complete'", "sessionid=''"),
          ("action='cancel'", f"sessionid='{'s' * 5000}'"), ("action='\u202e'", "sessionid='1'"),
      )
      for form in (_FORMS[:1] if node not in ("sign", "") else _FORMS)),
    *(f"<query xmlns='http://jabber.org/protocol/disco#{what}' node='{node}'/>"
      for what in ("info", "items") for node in ("", "x", _COMMANDS, _HUGE, "https://example.org#x")),
    "<query xmlns='jabber:iq:roster'><item jid='mallory@example.org' subscription='both'/></query>",
    "<query xmlns='jabber:iq:roster'><item jid='@@@' subscription='remove'/></query>",
    "<block xmlns='urn:xmpp:blocking'><item jid='tocsin.test'/></block>",
    "<query xmlns='urn:xmpp:mam:2' queryid='x'/>",
    "<fin xmlns='urn:xmpp:mam:2' complete='true'/>",
    "<ping xmlns='urn:xmpp:ping'/>",
    "<query xmlns='jabber:iq:version'/>",
    "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>mallory@example.org/x</jid></bind>",
    "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>",
    "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:bookmarks:1'/></pubsub>",
    "<slot xmlns='urn:xmpp:http:upload:0'><put url='https://example.org/x'/></slot>",
    "<open xmlns='http://jabber.org/protocol/ibb' sid='x' block-size='-1'/>",
    f"<x xmlns='urn:example'>{'<x>' * DEEP}{'</x>' * DEEP}</x>",
    "<a xmlns='urn:example'/><b xmlns='urn:example'/>",
    "",
)  # fmt: skip
"""What nobody has to ask a bot."""
_ITEMS: tuple[str, ...] = (
    "", "<item/>", "<item role='none' affiliation='outcast'/>", "<item role='nonsense' affiliation='\u202e'/>",
    "<item jid='@@@'/>", "<item jid=''/>", f"<item jid='{_HUGE}@example.org/x'/>", "<item nick='\u202e'/>",
    "<item jid='a@example.org'/><item jid='b@example.org'/>", "<item><item jid='a@example.org'/></item>",
    "<item role='visitor'><actor/><reason>x</reason></item>", "<item jid='a\u0345@example.org/\u2028'/>",
    "<item/>" * 2000, "<destroy/>", "<destroy jid='@'><reason/></destroy>", "<invite/><decline/>",
    f"<x>{'<item>' * DEEP}{'</item>' * DEEP}</x>",
)  # fmt: skip
"""What a room can say of somebody in it."""
_CODES = (
    "",
    "100",
    "101",
    "104",
    "170",
    "210",
    "301",
    "303",
    "307",
    "321",
    "332",
    "333",
    "999",
    "\u0663",
    "x",
)
_NICKS = (
    "Mallory",
    "\u202eyrollaM",
    "Lou\u200b",
    "tocsin\u0345",
    "n" * 1000,
    "a/b/c",
    "\U0001fae0",
    "&",
    " ",
)
_KINDS = ("", "", "unavailable", "error", "subscribe", "subscribed", "unsubscribe", "probe", "nonsense")


def inside_messages(seed: int = SEED, at_random: int = AT_RANDOM) -> Iterator[str]:
    """Give what stands in message stanzas, and means nothing honest."""
    chance = random.Random(seed)
    for _ in range(at_random):
        body = f"<body>{escape(chance.choice(_BODIES))}</body>" * chance.choice((0, 1, 1, 2))
        depths = [chance.choice((0, 1, 3, 30)) for _ in range(chance.randint(1, 4))]
        yield body + "".join(_element(chance, depth) for depth in depths)
    yield from _MEANT


def queries() -> Iterator[str]:
    """Give what stands in queries."""
    yield from _QUERIES


def presences(room: str, seed: int = SEED, count: int = 150) -> Iterator[str]:
    """Give presences, without their receiver, that a room's service can send of whom it likes."""
    chance = random.Random(seed)
    for _ in range(count):
        nick, kind = chance.choice(_NICKS), chance.choice(_KINDS)
        codes = "".join(f"<status code='{code}'/>" for code in chance.sample(_CODES, chance.randint(0, 3)))
        more = chance.choice(
            ("", "", _element(chance, 1), "<show>\u202e</show><priority>999</priority><status/>")
        )
        whom = chance.choice((room, f"{room}/{nick}", f"{room}/{nick}"))
        typed = f" type='{kind}'" if kind else ""
        yield f"<presence from={quoteattr(whom)}{typed}><x xmlns='{_MUC_USER}'>{chance.choice(_ITEMS)}{codes}</x>{more}</presence>"


def _element(chance: random.Random, depth: int) -> str:
    name, space = chance.choice(_NAMES), chance.choice(_NS)
    chosen: Sequence[str] = chance.sample(_ATTRIBUTES, chance.randint(0, 4))
    attributes = "".join(f" {one}={quoteattr(chance.choice(_WORDS)[:200])}" for one in chosen)
    inner = _element(chance, depth - 1) if depth else escape(chance.choice(_WORDS)[:200])
    return f"<{name} xmlns={quoteattr(space)}{attributes}>{inner}</{name}>"
