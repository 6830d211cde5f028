"""Whoever sits at a console: who and where they are, what they say and do there, and what of the bot's it is about."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.transports.console.directions import said, shown
from bot.transports.console.stage import private_room
from campaign.chat import MATRIX, XMPP, Address, Balloted, Joined, Reacted, Redacted, Room, Said

if TYPE_CHECKING:
    from bot.transports.base import Dispatch
    from bot.transports.console.screen import Screen
    from bot.transports.console.stage import Stage
    from bot.transports.console.transport import ConsoleTransport

_MARKS = str.maketrans("", "", "*`")
"""What a terminal shows by colours alone."""


def _seen(text: str) -> str:
    """A text as it is compared with what somebody read on the screen and typed: every space is one, and no case."""
    return " ".join(text.translate(_MARKS).casefold().split())


@dataclass
class Player:
    """Plays one person after the other, each in a room (by the name one types) or, with none, alone with the bot."""

    stage: Stage
    screen: Screen
    transports: dict[str, ConsoleTransport]
    person: str
    room: str
    _last: dict[Room, str] = field(default_factory=dict)
    _said: dict[Room, list[tuple[str, str]]] = field(default_factory=dict)
    _polls: dict[Room, tuple[str, tuple[tuple[str, str], ...]]] = field(default_factory=dict)
    _own: dict[tuple[Room, str], str] = field(default_factory=dict)
    """Room and person → the event of what they said there last."""

    @property
    def here(self) -> Room:
        """Where the current person is."""
        return (
            self.stage.rooms[self.room] if self.room else private_room(self.stage.people[self.person].address)
        )

    def keep(self, dispatch: Dispatch, event: str) -> None:
        """Remember what was said, for what answers it: a poll, or else the last message."""
        if dispatch.payload.kind == "poll":
            self._polls[dispatch.room] = (event, dispatch.payload.answers)
        elif dispatch.payload.kind == "message":
            self._last[dispatch.room] = event
            self._said.setdefault(dispatch.room, []).append((event, dispatch.payload.text))

    def say(self, text: str, *, echo: bool = True) -> None:
        """Let the person say something; without `echo` it stands above already, as it was typed."""
        if echo:
            self.screen.said(self.here, self.person, text)
        self._say(text)

    def reply(self, text: str) -> None:
        """Let them say it in reply to the bot's last message here, or the one that was chosen."""
        self.screen.said(self.here, self.person, text)
        self._say(text, reply_to=self._last.get(self.here, ""))

    def edit(self, text: str) -> None:
        """Let them change what they said here last."""
        self.screen.said(self.here, self.person, f"* {text}")
        self._say(text, edits=self._own.get((self.here, self.person), ""))

    def delete(self) -> None:
        """Let them take back what they said here last."""
        here = self.here
        transport = self.transports[here.network]
        self.screen.does(here, self.person, "deletes their message")
        target = self._own.get((here, self.person), "")
        transport.hear(Redacted(here, transport.event_id(), target, self.stage.now))

    def react(self, *keys: str) -> None:
        """Let the person react: on XMPP with exactly these, on Matrix with these besides what was there."""
        here = self.here
        transport = self.transports[here.network]
        target = self._last.get(here, "")
        whole = here.network == XMPP
        self.screen.does(here, self.person, "reacts", " ".join(keys) or "—")
        for some in [keys] if whole else [(key,) for key in keys]:
            event = transport.event_id()
            transport.hear(
                Reacted(
                    here,
                    event,
                    self._sender(),
                    self.person,
                    target,
                    some,
                    self.stage.now,
                    whole=whole,
                    shared=() if self.room else self._shared(),
                )
            )

    def vote(self, numbers: list[str]) -> None:
        """Let the person answer the last poll shown here, by the numbers of its answers."""
        here = self.here
        if here not in self._polls:
            language = self.stage.language
            self.screen.wrong("no poll here:", f"{shown('react', language)} 2️⃣ {said('or', language)} !vote")
            return
        transport = self.transports[here.network]
        target, answers = self._polls[here]
        chosen = [
            answers[int(one) - 1] if one.isdecimal() and 0 < int(one) <= len(answers) else (one, one)
            for one in numbers
        ]
        self.screen.does(here, self.person, "votes", ", ".join(words for _, words in chosen) or "—")
        keys = tuple(key for key, _ in chosen)
        transport.hear(
            Balloted(here, transport.event_id(), self._sender(), self.person, target, keys, self.stage.now)
        )

    def choose(self, words: str) -> None:
        """Let what is said next answer the last message here with these words in it."""
        here = self.here
        found = [event for event, text in self._said.get(here, []) if _seen(words) in _seen(text)]
        if found:
            self._last[here] = found[-1]
        else:
            self.screen.wrong("no message of the bot here with these words:", words)

    def _say(self, text: str, *, reply_to: str = "", edits: str = "") -> None:
        here = self.here
        transport = self.transports[here.network]
        if not self.room:
            transport.hear(Joined(here, self.stage.now, private_with=self.stage.people[self.person].address))
        event = transport.event_id()
        if not edits:
            self._own[here, self.person] = event
        transport.hear(
            Said(
                here,
                event,
                self._sender(),
                self.person,
                text,
                self.stage.now,
                private=not self.room,
                reply_to=reply_to,
                shared=() if self.room else self._shared(),
                edits=edits,
            )
        )

    def _sender(self) -> Address:
        address = self.stage.people[self.person].address
        if self.room in self.stage.hidden:
            return Address(address.network, f"occupant-{self.person.casefold()}", self.here.id)
        return address

    def _shared(self) -> tuple[str, ...]:
        """On Matrix everybody is in every room; on XMPP the rooms show nobody's account."""
        network = self.stage.people[self.person].address.network
        return tuple(room.id for room in self.stage.rooms.values() if room.network == network == MATRIX)
