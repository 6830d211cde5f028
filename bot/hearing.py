"""Up to when everything that was said has been heard: what the clock may count on, and when it had better wait."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.health import alarm

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from bot.supervisor import Supervisor

WAIT_FOR_OTHERS = 120.0
"""Seconds the clock waits for every network to catch up, at the start and when one breaks off: who answered there
must not be reminded."""
HEARD_WITHIN = timedelta(seconds=90)
"""How long a network that works is not heard at most, if nobody says anything: syncs and pings are a minute apart."""


class Hearing:
    """What is heard on the networks that were not given up."""

    def __init__(self, networks: Collection[Supervisor], tell: alarm.Alarm) -> None:
        self._networks, self._alarm = networks, tell
        self._silent: set[str] = set()
        """Networks of whose silence the administrators were told."""

    def heard(self, now: datetime) -> datetime:
        """Up to when all that was said has been read, on every network (UTC)."""
        return min([now, *(one.heard(now) for one in self._listening())])

    def away(self, now: datetime) -> frozenset[str]:
        """The networks that are not heard now."""
        lately = now - HEARD_WITHIN
        return frozenset(
            one.network for one in self._listening() if one.deaf_since is not None or one.heard(now) < lately
        )

    def broke_off(self, now: datetime) -> bool:
        """Whether a network was heard until just now and is not any more: mostly it is back in a moment."""
        begun = [one.deaf_since for one in self._listening() if one.deaf_since is not None]
        heard = self.heard(now) + HEARD_WITHIN
        if not begun and heard < now:
            begun.append(heard)
        moment = timedelta(seconds=WAIT_FOR_OTHERS)
        return any(timedelta(0) <= now - since < moment for since in begun)

    async def tell_of_silence(self, now: datetime) -> None:
        """Tell the administrators, once, of a network that is connected and has not been heard for long."""
        tell_after = timedelta(seconds=alarm.TELL_AFTER)
        for one in self._networks:
            heard = one.transport.vitals().heard
            if one.deaf_since is not None or heard is None or now - heard < tell_after:
                self._silent.discard(one.network)
            elif one.network not in self._silent:
                self._silent.add(one.network)
                await self._alarm.cannot_reach(one.network)

    def _listening(self) -> list[Supervisor]:
        return [one for one in self._networks if one.given_up is None]
