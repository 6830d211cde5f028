"""How many messages it takes to answer everybody, on servers that allow few and on servers that allow many."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from bot.delivery.pacing import FULLEST, LONGEST_PATIENCE, Pacing, Want
from bot.transports.base import Allowance
from bot.transports.matrix import MatrixTransport

STRICT = MatrixTransport.allowance
ON_THE_WAY = 0.03
"""Seconds a message is under way; the room is busy meanwhile."""


@dataclass
class Server:
    """A leaky bucket, as Synapse has one for each account: full after `burst`, one more each `interval`."""

    burst: float
    interval: float
    full: float = 0.0
    at: float = 0.0
    refused: list[float] = field(default_factory=list)

    def ask(self, now: float) -> float:
        """Take a message (0), or say how many seconds to wait."""
        self.full = max(0.0, self.full - (now - self.at) / self.interval)
        self.at = now
        if self.full + 1 > self.burst + 1e-9:
            self.refused.append(now)
            return (self.full + 1 - self.burst) * self.interval
        self.full += 1
        return 0.0


@dataclass
class Played:
    """What became of what was to be said: when each message left and how much it held, and how long each waited."""

    left: list[tuple[float, int, int]] = field(default_factory=list)
    """Instant, room, how much in it."""
    waits: list[float] = field(default_factory=list)
    urgent: list[float] = field(default_factory=list)

    @property
    def last(self) -> float:
        return self.left[-1][0]


def play(
    server: Server, said: list[tuple[float, int]], urgent: float | None = None, pacing: Pacing | None = None
) -> Played:
    """Let lines be said (instant, room) and answered; at `urgent` something urgent is to be said in the last room."""
    pacing = pacing or Pacing(STRICT)
    said = sorted(said)
    waiting: dict[int, list[float]] = {}
    busy: dict[int, float] = {}
    played, now, look = Played(), 0.0, 0.0
    hurry = max(room for _, room in said) + 1
    while said or waiting:
        now += 0.005
        assert now < 1000, "it never ends"
        while said and said[0][0] <= now:
            at, room = said.pop(0)
            waiting.setdefault(room, []).append(at)
            look = now
        if urgent is not None and urgent <= now:
            waiting.setdefault(hurry, []).append(urgent)
            urgent, look = None, now
        if now < look:
            continue
        free = {room: lines for room, lines in waiting.items() if busy.get(room, 0.0) <= now}
        wants = {
            room: Want(3 if room == hurry else 5, len(lines), len(lines)) for room, lines in free.items()
        }
        ready, again = pacing.choose(wants, now)
        look = now + min(again if again is not None else 1000.0, ON_THE_WAY)
        for room in ready:
            pacing.takes(now, room)
            if wait := server.ask(now):
                pacing.limited(now, wait)
                continue
            pacing.was_taken(now)
            leaving, kept = waiting[room][: pacing.most_lines], waiting[room][pacing.most_lines :]
            played.left.append((now, room, len(leaving)))
            (played.urgent if room == hurry else played.waits).extend(now - at for at in leaving)
            busy[room] = now + ON_THE_WAY
            if kept:
                waiting[room] = kept
            else:
                del waiting[room]
    return played


def crowd(seed: int, people: int = 300, rooms: int = 5, seconds: float = 10.0) -> list[tuple[float, int]]:
    rng = random.Random(seed)
    return [(rng.uniform(0, seconds), rng.randrange(rooms)) for _ in range(people)]


@pytest.mark.parametrize("seed", range(10))
def test_three_hundred_in_ten_seconds_on_a_strict_server(seed: int) -> None:
    played = play(Server(10, 5.0), crowd(seed))

    assert sum(held for _, _, held in played.left) == 300
    assert len(played.left) <= 20
    assert max(held for _, _, held in played.left) <= FULLEST
    assert played.last < 50


def test_control_one_answer_each_would_take_most_of_half_an_hour() -> None:
    server, now = Server(10, 5.0), 0.0
    for _ in range(300):
        while wait := server.ask(now):
            now += wait

    assert now > 24 * 60 - 10


def test_who_asks_alone_is_answered_at_once() -> None:
    played = play(Server(10, 5.0), [(float(at), 0) for at in range(0, 300, 6)])

    assert max(played.waits) <= 0.011
    assert len(played.left) == 50


def test_who_asks_one_thing_after_the_other_waits_for_company_once_at_most() -> None:
    pacing, server, now, waits = Pacing(STRICT), Server(1e9, 1e-9), 0.0, []
    for _ in range(30):
        asked = now
        while True:
            ready, again = pacing.choose({0: Want(5, 1, 1)}, now)
            if ready:
                break
            assert again is not None
            now += again
        pacing.takes(now, 0)
        assert server.ask(now) == 0
        pacing.was_taken(now)
        waits.append(now - asked)
        now += 0.1

    assert sum(wait > 0.05 for wait in waits) == 1


def test_what_did_not_leave_after_all_costs_nothing_and_waits_for_nobody() -> None:
    pacing = Pacing(Allowance(2, 5.0))
    pacing.limited(0.0, 0.0)
    before = pacing.left(0.0)
    pacing.takes(0.0, 7)
    pacing.gives_back(7)
    assert pacing.left(0.0) == before == 1.0
    assert pacing.choose({7: Want(5, 1, 1)}, 0.0) == ([7], None)


def test_what_belongs_to_other_conversations_waits_for_company_once_and_not_one_after_the_other() -> None:
    """Whoever asks in ten threads at once would keep the room waiting for half a minute."""
    pacing, now, left = Pacing(Allowance(10, 5.0)), 0.0, []
    pacing.takes(now)
    for _ in range(2):  # no more than is left in the end
        pacing.takes(now)
    waiting = 6
    while waiting:
        ready, again = pacing.choose({0: Want(5, waiting, 1)}, now)
        if ready:
            waiting -= 1
            pacing.takes(now, 0, leaves_more=waiting > 0)
            left.append(now)
            now += ON_THE_WAY
        else:
            assert again is not None
            now += again

    assert left[0] == pytest.approx(LONGEST_PATIENCE)
    assert left[-1] - left[0] == pytest.approx(5 * ON_THE_WAY)
    ready, _ = pacing.choose({0: Want(5, 1, 1)}, now)
    assert ready == [], "what comes later waits for company of its own"


def test_a_generous_server_is_found_out_and_nothing_waits_any_more() -> None:
    pacing = Pacing(STRICT)
    play(Server(1e9, 1e-9), crowd(1, people=100, seconds=5.0), pacing=pacing)
    played = play(Server(1e9, 1e-9), crowd(2, people=100, seconds=5.0), pacing=pacing)

    assert max(played.waits) <= 3 * ON_THE_WAY


def test_where_nobody_counts_nothing_ever_waits() -> None:
    played = play(Server(1e9, 1e-9), crowd(1), pacing=Pacing(None))

    assert max(played.waits) <= 3 * ON_THE_WAY


@pytest.mark.parametrize(("burst", "interval"), [(10, 5.0), (3, 1.0), (50, 0.5), (1, 10.0)])
def test_a_limit_is_learnt_and_hardly_met_again(burst: float, interval: float) -> None:
    server = Server(burst, interval)
    played = play(server, crowd(3, people=400, seconds=20.0))

    settled = played.left[int(burst) + 8 :]
    late = [at for at in server.refused if settled and at > settled[0][0]]
    assert len(late) <= max(2, len(settled) // 4)


def test_what_is_urgent_does_not_wait_behind_the_crowd() -> None:
    played = play(Server(10, 5.0), crowd(4), urgent=20.0)

    assert len(played.urgent) == 1
    assert played.urgent[0] <= 5.1, "the next message that may leave is that one"


def test_a_small_room_is_not_starved_by_full_ones() -> None:
    rng = random.Random(5)
    flood = [(rng.uniform(0, 200), 0) for _ in range(4000)]
    played = play(Server(10, 5.0), [*flood, *[(float(at), 1) for at in range(10, 200, 40)]])

    small = [at for at, room, _ in played.left if room == 1]
    assert len(small) == 5
    assert small[-1] < 200


def test_a_limit_is_forgotten_after_a_while() -> None:
    pacing = Pacing(STRICT)
    pacing.limited(100.0, 60.0)
    assert pacing.left(100.0) == 0
    assert pacing.opens(100.0) == pytest.approx(60.0)
    assert pacing.most_lines == FULLEST

    assert pacing.left(1000.0) == float("inf")
    assert pacing.opens(1000.0) == 0
    assert pacing.patience(1000.0) == 0


def test_a_limit_met_after_a_quiet_hour_teaches_nothing_of_that_hour() -> None:
    pacing = Pacing(STRICT)
    pacing.takes(0.0)
    pacing.was_taken(0.0)
    pacing.limited(3600.0, 2.0)
    pacing.takes(3602.0)

    assert pacing.takes(3602.0) < 5


def test_a_server_that_says_wait_without_saying_how_long_is_no_fault() -> None:
    pacing = Pacing(STRICT)
    pacing.limited(1.0, 0.0)

    assert pacing.choose({1: Want(5, 1, 1)}, 2.0)[0] == [1]


def test_what_must_leave_unchanged_takes_its_turn() -> None:
    pacing = Pacing(Allowance(10, 5.0))
    pacing.limited(0.0, 4.0)

    assert [pacing.takes(0.0) for _ in range(3)] == pytest.approx([4.0, 8.0, 12.0])


def test_a_crowd_is_known_while_its_answers_gather_and_no_longer() -> None:
    """Reading may be unhurried then; whoever talks alone is read at once."""
    pacing = Pacing(STRICT)

    def crowded(now: float, **messages: int) -> bool:
        pacing.choose({number: Want(5, count, count) for number, count in enumerate(messages.values())}, now)
        return pacing.is_crowded

    assert not crowded(0.0, alone=1)
    assert not crowded(0.1, alone=1, two=2)
    assert crowded(0.2, alone=1, crowd=3)
    assert crowded(0.9, crowd=8)
    assert not crowded(1.0, full=20), "a full message waits for nothing"
    assert not crowded(1.1)


def test_one_person_is_no_crowd_however_much_they_say() -> None:
    pacing = Pacing(Allowance(10, 5.0))

    assert pacing.choose({1: Want(5, 9, 1)}, 0.0) == ([1], None)
    assert not pacing.is_crowded
    ready, again = pacing.choose({1: Want(5, 9, 3)}, 0.1)
    assert ready == []
    assert again == pytest.approx(0.9), "so many wait since the first of them"
    assert pacing.is_crowded
