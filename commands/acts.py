"""What each act in the audit is called, and how a line of it reads."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from campaign.chat import N_, Day, Moment, Text, Value, say
from campaign.decision import CHOICE_NAMES
from commands.organisations.org_words import HOW

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from storage.audit import Act

ACTS = {
    "alias added": N_("gave the organisation one more name"),
    "alias taken away": N_("took a name from the organisation"),
    "announced": N_("announced something"),
    "answer changed": N_("changed the answer"),
    "asked": N_("asked a question"),
    "board": N_("had the board shown, or taken down"),
    "campaign closed": N_("closed the campaign"),
    "campaign opened": N_("opened the campaign"),
    "campaign reopened": N_("opened the campaign again"),
    "campaign titled": N_("gave the campaign its title in more languages"),
    "confirmed": N_("confirmed the signature"),
    "consent": N_("said what may be done with their name"),
    "deadline": N_("set the deadline"),
    "deadline cancelled": N_("cancelled the deadline"),
    "deadline passed": N_("the deadline passed"),
    "deciding": N_("is deciding"),
    "declined": N_("declined"),
    "details": N_("changed details"),
    "dispute ended": N_("ended the disputed signature"),
    "dispute retracted": N_("no longer disputes the signature"),
    "dispute settled": N_("settled what was disputed"),
    "disputed": N_("disputed the signature"),
    "disputed again": N_("gave the disputed signature again"),
    "files not read": N_("said that there are mistakes in my files"),
    "forgotten": N_("was forgotten"),
    "letter changed": N_("changed the letter"),
    "letter file changed": N_("the letter's file changed"),
    "letter file changed back": N_("the letter's file changed back"),
    "linked": N_("joined two accounts"),
    "message dropped": N_("gave up a message"),
    "message retried": N_("sent a message again"),
    "not said in time": N_("it was too late for a message"),
    "organisation added": N_("added the organisation"),
    "organisation changed": N_("changed the organisation"),
    "organisation forgotten": N_("the organisation bore a person's name, which was erased"),
    "organisation removed": N_("took the organisation off the list"),
    "organisation renamed": N_("renamed the organisation"),
    "organisation vouched for": N_("vouched for the organisation"),
    "organisations merged": N_("made two organisations one"),
    "organisations unmerged": N_("made one organisation two again"),
    "pauses": N_("changed the campaign's pauses"),
    "collective named": N_("said what the collective is called"),
    "no voice": N_("answered a poll without a voice in it"),
    "objection resolved": N_("said what became of the objection"),
    "poll cancelled": N_("cancelled a poll"),
    "poll concluded": N_("stated what a poll decided"),
    "poll planned": N_("planned a poll"),
    "poll put off": N_("a poll closes later"),
    "poll closed": N_("the poll was counted"),
    "poll closed early": N_("closed the poll"),
    "poll opened": N_("opened a poll"),
    "quarantine seen": N_("looked at what I could not take"),
    "question answered": N_("answered the question"),
    "question closed": N_("put the question away"),
    "reconfirmed": N_("signed the changed letter too"),
    "rejected": N_("rejected the signature"),
    "relayed": N_("relayed the letter"),
    "reminded": N_("reminded by hand"),
    "reminder given up": N_("a reminder could not be said"),
    "reminders chosen": N_("chose how it is reminded"),
    "replaced": N_("what was declared gave way"),
    "representative": N_("let somebody speak for it"),
    "representative revoked": N_("let somebody speak for it no longer"),
    "retention due": N_("said that a purge is due"),
    "room language": N_("chose the room's language"),
    "room followed": N_("the campaign's room was replaced, and I followed into the new one"),
    "room listed": N_("added a room to the campaign"),
    "second person was the first": N_("the second person turned out to be the first"),
    "signed": N_("signed"),
    "verified": N_("verified the signature"),
    "voted": N_("voted"),
    "withdrawn": N_("took the signature back"),
}
"""The acts that `storage.audit.note` writes down; the tests compare them with the code."""

FIELDS = {
    "aliases": N_("other names"),
    "domain": N_("domain"),
    "flagged": N_("to be looked at"),
    "funded": N_("funding"),
    "mandate_day": N_("day of the mandate"),
    "mandate_kind": N_("mandate"),
    "mandate_link": N_("minutes"),
    "name": N_("name"),
    "note": N_("note"),
    "role": N_("role"),
    "testimony": N_("testimony"),
    "url": N_("site"),
    "website": N_("site"),
}
"""What the fields of a change are called."""
WORDS = {
    "direct": N_("direct"),
    "indirect": N_("indirect"),
    "none": N_("none"),
    "declared": N_("declared"),
    "confirmed": N_("confirmed"),
    "verified": N_("verified"),
    "rejected": N_("rejected"),
    "withdrawn": N_("withdrawn"),
    "silent": N_("silent"),
    "deciding": N_("deciding"),
    "declined": N_("declined"),
    "signed": N_("signed"),
    "integrated": N_("integrated"),
    "spoilt": N_("spoilt"),
    "off": N_("off"),
    "on": N_("as usual"),
    "private": N_("in private"),
    "room": N_("in the room"),
    "yes": N_("yes"),
    "no": N_("no"),
}
"""What the values of a change are called."""
HASH, SHOWN_OF_HASH = 64, 8
"""How many characters the hash of a text has, and how many of them are shown to people."""
_ABOUT = {
    "number": N_("no. {value}"),
    "poll": N_("poll {value}"),
    "deadline": N_("deadline {value}"),
    "question": N_("question {value}"),
    "same": N_("the same as question {value}"),
}
_PEOPLE = ("represented_by", "revoked", "joined", "by")
"""Details that are a person's number."""


def lines(acts: Sequence[Act], names: Mapping[int, str], zone: str) -> tuple[Text, ...]:
    """Write acts as lines, in the order they come, under the days of `zone` on which they were done."""
    found: list[Text] = []
    day = None
    for act in acts:
        local = act.at.astimezone(ZoneInfo(zone))
        if local.date() != day:
            day = local.date()
            found.append(say(N_("**{day}** ({zone})"), day=Day(day), zone=zone))
        found.append(_line(act, f"{local:%H:%M}", names, zone))
    return tuple(found)


def people_in(acts: Sequence[Act]) -> set[int]:
    """The numbers of the people that the details of acts name."""
    return {
        value
        for act in acts
        for key, value in act.details.items()
        if key in _PEOPLE and isinstance(value, int)
    }


def _line(act: Act, at: str, names: Mapping[int, str], zone: str) -> Text:
    line = say(
        N_("- {at} · {who} · {what}"),
        at=at,
        who=say(N_("person {number} (forgotten)"), number=act.person)
        if act.person and act.forgotten_at
        else _who(act.person, act.name),
        what=say(ACTS[act.act]) if act.act in ACTS else act.act,
    )
    for more in _more(act, names, zone):
        line = say(N_("{line} · {more}"), line=line, more=more)
    return line


def _who(person: int | None, name: str | None) -> Value:
    if person is None:
        return say(N_("of itself"))
    return name or say(N_("person {number}"), number=person)


def _more(act: Act, names: Mapping[int, str], zone: str) -> list[Value]:
    details = act.details
    found: list[Value] = [name for name in (act.organisation, act.other) if name]
    found += [say(text, value=str(details[key])) for key, text in _ABOUT.items() if details.get(key)]
    found += [
        _who(details[key], names.get(details[key])) for key in _PEOPLE if isinstance(details.get(key), int)
    ]
    if details.get("how") in HOW:
        found.append(say(HOW[details["how"]]))
    before, after = (_short(details.get(key, "")) for key in ("before", "after"))
    if isinstance(after, dict):
        was = before if isinstance(before, dict) else {}
        found += [
            say(
                N_("{field}: {change}"),
                field=_field(field),
                change=_change(was.get(field, ""), after[field], zone),
            )
            for field in after
        ]
    elif before or after:
        found.append(_change(before, after, zone))
    if act.room:
        found.append(act.room)
    return found


def _short(value: object) -> object:
    """A text's hash as far as it is shown wherever a version is; anything else as it is."""
    is_hash = isinstance(value, str) and len(value) == HASH and not set(value) - set("0123456789abcdef")
    return str(value)[:SHOWN_OF_HASH] if is_hash else value


def _field(column: str) -> Value:
    return say(FIELDS[column]) if column in FIELDS else column


def _change(before: object, after: object, zone: str) -> Value:
    if not before:
        return _value(after, zone)
    return say(N_("{before} → {after}"), before=_value(before, zone), after=_value(after, zone))


def _value(value: Any, zone: str) -> Value:  # noqa: ANN401 - a plain value of JSON
    if isinstance(value, bool):
        value = "yes" if value else "no"
    if not isinstance(value, str) or not value:
        return str(value or "—")
    word = WORDS.get(value) or CHOICE_NAMES.get(value)
    if word:
        return say(word)
    if len(value) > len("2027-09-30") and value[10] == "T":
        try:
            return Moment(datetime.fromisoformat(value), zone)
        except ValueError:
            return value
    return value
