"""The fault matrix: its rows by name, in which ways each strikes, and without which safeguards that must fail."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.faults.rows import disk, duplicates, hostile, keys, kills, network, outage, people, time
from tests.faults.rows import servers as killed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.faults.scene import Scene

M, X, S, A = ("matrix",), ("xmpp",), ("sealed",), ("alone",)
_SHOWN = {"matrix": "Matrix", "sealed": "Matrix, encrypted", "xmpp": "XMPP", "alone": "XMPP, to it alone"}


@dataclass(frozen=True)
class Variant:
    """One way in which a fault strikes, on one network or both."""

    play: Callable[[Scene], Awaitable[None]]
    networks: tuple[str, ...]
    name: str = ""
    most: int = 10
    """How many seeds at most: where the seed decides little, more would show nothing new."""
    controls: tuple[str, ...] = ()
    """Safeguards without which it must fail."""
    alone: bool = False
    """Whether it disturbs a server that others use."""
    short: bool = True
    """Whether `make test` plays it: each row at least once, and what has a control."""

    def __str__(self) -> str:
        where = " and ".join(_SHOWN[one] for one in self.networks)
        return f"{where}: {self.name}" if self.name else where


@dataclass(frozen=True)
class Row:
    """A fault of the matrix."""

    name: str
    variants: tuple[Variant, ...]

    def in_short(self) -> Row:
        """The part of it that `make test` plays, each run with one control at most."""
        return Row(
            self.name,
            tuple(replace(one, controls=one.controls[:1]) for one in self.variants if one.short),
        )


def _network(
    name: str,
    play: Callable[[Scene], Awaitable[None]],
    *,
    matrix: tuple[str, ...] = (),
    xmpp: tuple[str, ...] = (),
    short: bool = True,
) -> tuple[Variant, ...]:
    """The same on each network, with the controls of each."""
    return (
        Variant(play, M, name, controls=matrix, short=short),
        Variant(play, X, name, controls=xmpp, short=short),
    )


ROWS: tuple[Row, ...] = (
    Row(
        "kill points",
        (
            Variant(kills.at_each_step, M, most=20, controls=("one-transaction", "same-key")),
            Variant(kills.at_each_step, S, most=20, controls=("keys-first",), short=False),
            Variant(kills.at_each_step, X, most=20, controls=("one-transaction", "archive-for-ours")),
            Variant(kills.at_each_step, A, most=20, controls=("own-archive-for-ours",), short=False),
        ),
    ),
    Row(
        "random SIGKILL",
        (
            Variant(kills.at_any_moment, M, most=1000, controls=("kept-cursor",)),
            Variant(kills.at_any_moment, S, most=1000, controls=("kept-cursor",)),
            Variant(kills.at_any_moment, X, most=1000, controls=("archive-for-theirs",)),
            Variant(kills.at_any_moment, A, most=1000, controls=("kept-cursor",)),
        ),
    ),
    Row(
        "network",
        (
            *_network("reset", network.reset, short=False),
            *_network("black hole", network.black_hole, short=False),
            *_network("latency of 5 s", network.latency, short=False),
            *_network(
                "response lost", network.response_lost, matrix=("same-key",), xmpp=("archive-for-ours",)
            ),
            *_network("truncated answer", network.truncated, short=False),
            *_network("truncated news", network.truncated_news, short=False),
            Variant(network.bad_gateway, M, "502", controls=("backing-off",)),
            Variant(network.too_many, M, "429", short=False),
            Variant(
                network.response_lost_then_too_many, M, "response lost, then 429", controls=("asking-once",)
            ),
            Variant(
                network.black_hole_for_long,
                M,
                "black hole for longer than its patience",
                most=3,
                controls=("own-patience",),
                short=False,
            ),
            Variant(
                network.black_hole_for_long,
                X,
                "black hole for longer than its patience",
                most=3,
                controls=("own-patience",),
                short=False,
            ),
            Variant(
                network.both,
                (*M, *X),
                "both at once",
                controls=("same-key", "archive-for-ours", "backing-off"),
            ),
        ),
    ),
    Row("delayed stanza", (Variant(network.released_late, X, controls=("fence",)),)),
    Row(
        "server killed",
        (
            Variant(killed.mid_send, M, "mid-send", most=5, controls=("same-key",), alone=True),
            Variant(killed.mid_send, X, "mid-send", most=5, controls=("archive-for-ours",), alone=True),
            Variant(killed.mid_sync, M, "mid-sync", most=5, short=False, alone=True),
            Variant(killed.mid_archive, X, "mid-archive", most=5, short=False, alone=True),
        ),
    ),
    Row(
        "long outage",
        (
            Variant(
                outage.bot_down, M, "bot down, 1,000 messages", most=2, controls=("paging",), short=False
            ),
            Variant(outage.bot_down, X, "bot down, 1,000 messages", most=2, controls=("paging",)),
            Variant(outage.cut_off, M, "cut off, 1,000 messages", most=2, short=False),
            Variant(outage.cut_off, X, "cut off, 1,000 messages", most=2, short=False),
            *_network(
                "right after joining",
                outage.right_after_joining,
                matrix=("baseline",),
                xmpp=("baseline",),
            ),
            Variant(outage.cursor_expired, X, "cursor expired", controls=("expired-cursor",)),
        ),
    ),
    Row(
        "duplicates",
        (
            Variant(duplicates.replayed_sync, M, "replayed sync", controls=("deduplication",)),
            Variant(duplicates.doubled_stanzas, X, "doubled stanzas", controls=("deduplication",)),
            Variant(duplicates.archive_and_live, X, "archive and live", short=False),
            Variant(duplicates.same_id, X, "the same id by another", controls=("stanza-id",)),
        ),
    ),
    Row("two bots", (Variant(people.two_bots, (*M, *X), most=3, controls=("one-process",)),)),
    Row(
        "encryption",
        (
            Variant(
                keys.killed_between, S, "killed between keys and cursor", most=20, controls=("keys-first",)
            ),
            Variant(keys.late, S, "a key that comes late", most=20, controls=("kept-sealed",)),
            Variant(keys.new_device, S, "somebody's new device", most=5, controls=("who-is-there-now",)),
            Variant(keys.lost_store, S, "the keys are lost", most=5, controls=("own-new-device",)),
        ),
    ),
    Row(
        "authentication",
        (
            Variant(people.hard_logout, (*M, *X), "Matrix hard logout", most=3, controls=("login-refused",)),
            Variant(people.soft_logout, (*M, *X), "Matrix soft logout", most=3, short=False),
            Variant(people.password_changed, M, "password changed", most=3, short=False),
            Variant(people.password_changed, X, "password changed", most=3, controls=("login-refused",)),
        ),
    ),
    Row(
        "membership",
        (
            *_network("kick", people.kicked, matrix=("parking",), xmpp=("parking",)),
            *_network("ban", people.banned, short=False),
            Variant(people.upgraded, M, "room upgraded", controls=("following", "parking")),
            Variant(people.nick_taken, X, "nick conflict", controls=("another-nick",)),
        ),
    ),
    Row(
        "clock",
        (
            Variant(time.down_over_a_due_time, M, "down over a due time", controls=("reminded-once",)),
            Variant(time.jumps, M, "jumps of an hour", most=3, short=False),
            Variant(time.too_late, M, "jumps of a day", most=3, short=False),
            Variant(
                time.clocks_forward, M, "put forward in spring", controls=("first-reading", "reminded-once")
            ),
            Variant(
                time.clocks_back,
                M,
                "put back in autumn",
                controls=("first-reading", "reminded-once"),
                short=False,
            ),
        ),
    ),
    Row(
        "disk full",
        (
            Variant(disk.full, M, controls=("held-cursor",)),
            Variant(disk.full, X, controls=("held-cursor",)),
        ),
    ),
    Row(
        "disk read-only",
        (
            Variant(disk.read_only, M, most=10, controls=("named-trouble",)),
            Variant(disk.read_only, X, most=10, controls=("named-trouble",), short=False),
        ),
    ),
    Row(
        "damaged database",
        (
            Variant(disk.damaged, M, "a page overwritten", most=5, controls=("integrity",)),
            Variant(disk.truncated, M, "truncated", most=5, short=False),
        ),
    ),
    Row(
        "hostile input",
        (
            Variant(hostile.matrix, M, most=5, controls=("careful-reading",)),
            Variant(hostile.xmpp, X, most=5),
        ),
    ),
    Row("SIGTERM", _network("", kills.by_sigterm, matrix=("kept-cursor",), xmpp=("kept-cursor",))),
    Row(
        "migration killed",
        (
            Variant(disk.migration_killed, M, "the first", most=20, controls=("whole-migration",)),
            Variant(
                disk.upgrade_killed,
                M,
                "an upgrade, at each statement",
                most=1,
                controls=("whole-migration",),
                short=False,
            ),
        ),
    ),
)
