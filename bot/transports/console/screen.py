"""What is seen on a console: who says what, in which room, on which network."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.markup import escape
from rich.text import Text as Rich

from bot.transports.console.directions import said, shown
from bot.transports.console.stage import private_room
from campaign.chat import MATRIX, NETWORKS, XMPP

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console as Terminal

    from bot.transports.base import Dispatch
    from bot.transports.console.stage import Stage
    from campaign.chat import Room

_SHOWN = 40
"""Lines of a file that are shown."""
_COLOURS = {MATRIX: "green", XMPP: "blue"}
_PERSONS = ("magenta", "cyan", "green", "blue", "red", "bright_magenta", "bright_cyan", "bright_green")
_MARGIN = 12
"""Columns before what is said: the name of who says it."""
_KEPT = {0xA0: 0xE000, 0x202F: 0xE001}
"""Spaces at which no line ends, and what they are while lines are broken."""
_BESIDE_A_SIGN = re.compile(r"(?<=«) | (?=[»:;!?])")
"""A space that was typed where French wants one of these."""
_AS_IT_WAS = {0xE000: "\N{NO-BREAK SPACE}", 0xE001: "\N{NARROW NO-BREAK SPACE}", 0xE002: " "}
_MARKED = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])|`([^`\n]+)`|(.)", re.DOTALL)


class Screen:
    """Shows what happens on a stage, one thing below the other."""

    def __init__(self, stage: Stage, terminal: Terminal) -> None:
        self._stage, self._terminal = stage, terminal
        self._at: tuple[Room | None, str] = (None, "")
        """Where and when what was shown last happened."""

    def note(self, markup: str) -> None:
        """Tell whoever sits there something about the console itself."""
        self._terminal.print(markup)

    def wrong(self, text: str, then: str = "", **values: str) -> None:
        """Say what is wrong with what was typed, and what would be right."""
        why = f"[red]{escape(self._words(text).format(**values))}[/red]"
        self.note(f"{why} [dim]{escape(then)}[/dim]" if then else why)

    def wait(self, how_long: str) -> None:
        """Show that time passes."""
        self._at = (None, "")
        self._terminal.rule(f"[dim]{escape(how_long)}[/dim]", style="dim")

    def _words(self, text: str) -> str:
        return said(text, self._stage.language)

    def _heading(self, room: Room) -> None:
        """Say where this happens, unless the line above was there already."""
        day = f"{self._stage.now.astimezone(ZoneInfo(self._stage.zone)):%Y-%m-%d %H:%M}"
        if self._at == (room, day):
            return
        same_day = self._at[1] == day
        self._at = (room, day)
        name = next((one for one, place in self._stage.rooms.items() if place == room), "")
        if not name:
            whom = next(
                (one.name for one in self._stage.people.values() if private_room(one.address) == room),
                room.id,
            )
            name = f"{whom} ↔ tocsin"
        else:
            name = f"#{name}"
        colour = _COLOURS[room.network]
        self._terminal.print()
        self._terminal.print(
            Rich.assemble(
                (name, f"bold {colour}"),
                (f"  {NETWORKS[room.network]}", "dim"),
                ("" if same_day else f"  {day}", "dim"),
            )
        )

    def said(self, room: Room, person: str, text: str) -> None:
        """Show what somebody says."""
        self._heading(room)
        self._line(person, self._colour(person), Rich(text))

    def does(self, room: Room, person: str, what: str, with_: str = "") -> None:
        """Show what somebody does without a word."""
        self._heading(room)
        self._line(person, self._colour(person), Rich.assemble((f"{self._words(what)} ", "dim"), with_))

    def _colour(self, person: str) -> str:
        """Each person keeps a colour of their own."""
        return _PERSONS[list(self._stage.people).index(person) % len(_PERSONS)]

    def _line(self, name: str, colour: str, body: Rich) -> None:
        """Show who says something, and beside it what they say."""
        body.plain = _BESIDE_A_SIGN.sub("\ue002", body.plain.translate(_KEPT))  # rich breaks at them, too
        for number, line in enumerate(body.wrap(self._terminal, max(20, self._terminal.width - _MARGIN))):
            said = (
                Rich(name.ljust(_MARGIN - 3), f"bold {colour}") if not number else Rich(" " * (_MARGIN - 3))
            )
            line.rstrip()
            line.plain = line.plain.translate(_AS_IT_WAS)
            self._terminal.print(Rich.assemble("  ", said, " ", line), soft_wrap=True)

    def show(self, dispatch: Dispatch) -> None:
        """Show what the bot says."""
        self._heading(dispatch.room)
        payload = dispatch.payload
        if payload.kind == "poll":
            answers = " · ".join(f"{number}. {words}" for number, (_, words) in enumerate(payload.answers, 1))
            # The number is the answer's and not the poll's, which has one as well.
            how = f"{shown('vote', self._stage.language)} 1 = {payload.answers[0][1]}"
            lines = (f"📊 {payload.text}", f"{answers}  ({how})")
            self._line("tocsin", "yellow", Rich("\n".join(lines)))
            return
        if payload.kind in ("react", "end"):
            mark = self._words("reacts" if payload.kind == "react" else "ends the poll:")
            mark = mark if payload.kind == "react" else f"📊 {mark}"
            self._line("tocsin", "yellow", Rich.assemble((f"{mark} ", "dim"), payload.text.split("\n")[0]))
            return
        bell = "🔔 " if payload.rings and not payload.text.startswith("🔔") else ""
        bell = "✎ " if payload.kind == "edit" else bell
        marks = self._terminal.no_color or not self._terminal.is_terminal
        parts = [_styled(bell + payload.text, marks=marks)] if payload.text else []
        if payload.file_url:
            size = f"  {payload.file_size} {self._words('bytes')}"
            parts.append(Rich.assemble("📎 ", (payload.file_name, "underline"), (size, "dim")))
        self._line("tocsin", "yellow", Rich("\n").join(parts))

    def file(self, files: Mapping[str, bytes]) -> None:
        """Show the beginning of the file that was handed over last."""
        if not files:
            self._terminal.print(f"[dim]{self._words('No file was handed over yet: !export csv')}[/dim]")
            return
        name, data = list(files.items())[-1]
        lines = data.decode("utf-8-sig", "replace").splitlines()
        self._terminal.print(Rich.assemble("📎 ", (name, "underline")))
        for line in lines[:_SHOWN]:
            self._terminal.print(Rich(line), soft_wrap=True)
        if len(lines) > _SHOWN:
            more = self._words("… and {count} lines more").format(count=len(lines) - _SHOWN)
            self._terminal.print(f"[dim]{more}[/dim]")

    def who(self, person: str, room: str) -> None:
        """Show everybody and every room, and which of them are `person` and `room`."""
        for one in self._stage.people.values():
            mark = "→ " if one.name == person else "  "
            about = f"  {one.about}" if one.about else ""
            self._terminal.print(
                Rich.assemble((f"{mark}{one.name}", "bold"), about, (f"  {one.address.id}", "dim"))
            )
        for name, place in self._stage.rooms.items():
            mark = "→ " if name == room else "  "
            self._terminal.print(
                Rich.assemble(
                    (f"{mark}#{name}", f"bold {_COLOURS[place.network]}"),
                    (f"  {NETWORKS[place.network]}", "dim"),
                )
            )


def _styled(text: str, *, marks: bool) -> Rich:
    """Message styling (XEP-0393) as a terminal shows it; the marks themselves only where nothing else shows."""
    styled = Rich()
    for strong, code, plain in _MARKED.findall(text):
        style, mark = ("bold", "*") if strong else ("cyan", "`") if code else ("", "")
        mark = mark if marks else ""
        styled.append(f"{mark}{plain or strong or code}{mark}", style)
    return styled
