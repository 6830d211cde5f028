"""How fast one account may speak: what its server allows is learnt from what it answers."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.transports.base import Allowance

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_PATIENCE = 3.0
"""Seconds an answer waits for company at most, while messages are dear and nothing forbids it to leave."""
FORGET_AFTER = 600.0
"""Seconds after which a limit that was not met again is no longer believed in."""
SHORTEST_INTERVAL = 0.05
"""Seconds that bring back one message at the least, however little a server asks for."""
LONGEST_SINCE = 30.0
"""Seconds after the last message within which a limit that is met is taken to be of that message's making."""
RECENT = 5
"""Of the messages sent within so many intervals a limit that is met for the first time is taken to be made."""
FULL, FULLEST = 20, 40
"""Lines of a message into which several were merged: as a rule, and while the server makes us wait."""
TOO_LONG = 20.0
"""Seconds after which a room in which something waits comes before those with more to say."""
SOONEST = 0.01
"""Seconds until what waits is looked at again, at the least."""
CROWD, GATHERS = 3, 1.0
"""Where answers to so many people wait in a room, a crowd is talking there: they wait so many seconds for the others'."""
ALONE_FOR = 60.0
"""Seconds in which nobody waits for company any more, after somebody did and none came."""
PLENTY = 0.75
"""As long as more than this part of the allowance is left, nothing waits for company."""


@dataclass(frozen=True, slots=True)
class Want:
    """What waits in a room: how urgent the first of it is (a lower number leaves first), how much, and for how many."""

    urgency: int
    messages: int
    people: int
    """How many people it answers."""


class Pacing:
    """The messages an account has left to say, as far as can be told.

    A bucket of tokens: each message takes one, and they come back with time. At first the server is `assumed` to be
    strict, which forbids nothing and only makes the bot wait for company before it spends the last ones: many answers
    then leave as one message. A server that takes more than was assumed is generous, and nothing waits any more. One
    that asks us to wait (`limited`) is believed: from then on nothing leaves that it would refuse.

    All instants are seconds of one clock that never goes back.
    """

    def __init__(self, assumed: Allowance | None) -> None:
        self._allowance = assumed
        """None: as much as we like."""
        self._assumed = assumed
        self._known_since: float | None = None
        self._tokens = assumed.burst if assumed else math.inf
        self._at = 0.0
        self._closed_until = 0.0
        self._sent: deque[float] = deque(maxlen=100)
        self._alone_until = 0.0
        """Until when an answer that is alone waits for nobody: the last that waited was alone in the end."""
        self._since: dict[int, float] = {}
        """Room → since when something waits there."""
        self._behind: set[int] = set()
        """Rooms in which something was left behind that could not leave with the rest: it has waited already."""
        self.is_crowded = False
        """Whether a crowd's answers wait for each other in some room."""

    @property
    def most_lines(self) -> int:
        """How many lines a merged message may have now."""
        return FULL if self._known_since is None else FULLEST

    def choose(self, wants: Mapping[int, Want], now: float) -> tuple[list[int], float | None]:
        """Choose the rooms in which something leaves now; and say in how many seconds to look again, if at all.

        As long as the server takes what comes, all of them. When messages become dear, one that is not full waits a
        little for company; and when only so many may leave, the most urgent go first, then who has waited too long,
        then whoever has a full message to say, then who has waited longest.
        """
        self._since = {room: self._since.get(room, now) for room in wants}
        waited = {room: now - since for room, since in self._since.items()}
        left = self.left(now)
        patience = {
            room: 0.0 if room in self._behind else self._patience_of(want, now)
            for room, want in wants.items()
        }
        patient = {room for room in wants if waited[room] < patience[room]}
        self.is_crowded = any(wants[room].people >= CROWD for room in patient)
        for room in wants.keys() - patient:
            if wants[room].messages > 1:
                self._alone_until = 0.0
            elif waited[room] > LONGEST_PATIENCE / 2 and self._known_since is None:
                self._alone_until = now + ALONE_FOR
        ready = sorted(
            wants.keys() - patient,
            key=lambda room: (
                wants[room].urgency,
                waited[room] < TOO_LONG,
                wants[room].messages < FULL,
                -waited[room],
                room,
            ),
        )
        soon = [patience[room] - waited[room] for room in patient]
        if len(ready) > left:
            ready = ready[: max(0, math.floor(left))]
            soon.append(self.opens(now))
        return ready, max(min(soon), SOONEST) if soon else None

    def left(self, now: float) -> float:
        """How many messages may leave now; infinite as long as no limit was met."""
        self._refill(now)
        if self._known_since is None:
            return math.inf
        return self._tokens if now >= self._closed_until else 0.0

    def patience(self, now: float) -> float:
        """How many seconds a message that is not full may wait for company, counted from when it was decided."""
        self._refill(now)
        allowance = self._allowance  # read once: another thread may learn something meanwhile
        if allowance is None or self._tokens > PLENTY * allowance.burst:
            return 0.0
        return min(LONGEST_PATIENCE, allowance.interval)

    def _patience_of(self, want: Want, now: float) -> float:
        """The same for what waits in one room: a full message waits for nothing, and a crowd has patience anyway."""
        if want.messages >= FULL or (want.messages == 1 and now < self._alone_until):
            return 0.0
        gathers = GATHERS if self._assumed is not None and want.people >= CROWD else 0.0
        return max(self.patience(now), gathers)

    def opens(self, now: float) -> float:
        """In how many seconds the next message may leave; 0 if one may now."""
        self._refill(now)
        if self._known_since is None or self._allowance is None:
            return 0.0
        missing = max(0.0, 1.0 - self._tokens)
        return max(0.0, self._closed_until - now) + missing * self._allowance.interval

    def takes(self, now: float, room: int | None = None, *, leaves_more: bool = False) -> float:
        """Spend one, for a message (of all that waits in `room`) that leaves as soon as it may: in so many seconds.

        Not of all if it `leaves_more`: what belongs to another conversation has waited as long, and follows at once.
        """
        self._since.pop(room or 0, None)
        (self._behind.add if leaves_more else self._behind.discard)(room or 0)
        pause = self.opens(now)
        self._tokens -= 1.0
        return pause

    def gives_back(self, room: int) -> None:
        """Take back that one was spent for what waits in `room`: it did not leave, and has waited already."""
        self._behind.add(room)
        self._tokens += 1.0

    def was_taken(self, now: float) -> None:
        """Learn that the server has taken a message."""
        self._sent.append(now)
        if self._known_since is None and self._tokens < -1.0:
            # More than a strict server would have taken.
            self._allowance, self._tokens = None, math.inf

    def limited(self, now: float, seconds: float) -> None:
        """Learn that the server wants us to wait, and took nothing."""
        # At its last message less than one was left in the bucket, so this is no more than what brings one back.
        # Only if that was just now: after a quiet while something else has made the server say no.
        since = now - self._sent[-1] if self._sent else 0.0
        interval = max(SHORTEST_INTERVAL, seconds + (since if since < LONGEST_SINCE else 0.0))
        if self._known_since is None or self._allowance is None:
            burst = sum(1 for at in self._sent if now - at < RECENT * interval)
        else:
            interval = max(interval, self._allowance.interval)
            # What we believed to have left, it had not: it never holds as much as we thought.
            burst = math.floor(self._allowance.burst - max(0.0, self._tokens))
        self._allowance = Allowance(max(1, burst), interval)
        self._known_since = now
        self._closed_until = max(self._closed_until, now + seconds)
        self._tokens, self._at = 1.0, self._closed_until

    def _refill(self, now: float) -> None:
        if self._known_since is not None and now - self._known_since > FORGET_AFTER:
            self._known_since, self._allowance = None, self._assumed
            self._tokens = self._assumed.burst if self._assumed else math.inf
        if self._allowance is not None and now > self._at:
            back = (now - self._at) / self._allowance.interval
            self._tokens = min(self._allowance.burst, self._tokens + back)
            self._at = now
