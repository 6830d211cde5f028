"""When a poll closes, as a campaigner types it: each takes a procedure and what was typed, and gives the changed one.

All of them raise `reading.Unfit` for what cannot be read, and CampaignError for what this procedure cannot have.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from campaign.chat import N_, say
from campaign.dates import read_span
from campaign.decision import reading
from campaign.decision.parameters import PARAMETERS, needs
from campaign.errors import CampaignError

if TYPE_CHECKING:
    from campaign.decision.procedure import Procedure

LATE = timedelta(hours=24)
"""How long before closing an objection is late, where only the extension is given."""
DAY = timedelta(days=1)
MOST_HOLIDAYS = 100


def duration(procedure: Procedure, value: str) -> Procedure:
    """Set for how long it takes answers: whole days where they are working days."""
    working = reading.WORKING_DAYS.fullmatch(value)
    length = read_span(f"{working['count']} days" if working else value)
    if not working and not procedure.working_days:
        return replace(procedure, duration=length)
    if length % DAY:
        raise _whole_days("duration")
    return days(replace(procedure, duration=length), "working")


def days(procedure: Procedure, value: str) -> Procedure:
    """Set whether its days are working days."""
    if value in {"calendar", "calendaires", "calendaire", "all", "tous"}:
        return replace(procedure, working_days=False)
    if value not in {"working", "business", "ouvres", "ouvre"}:
        raise reading.Unfit
    for name, length in (("duration", procedure.duration), ("extension", procedure.extension)):
        if length % DAY:
            raise _whole_days(name)
    return replace(procedure, working_days=True)


def holidays(procedure: Procedure, value: str) -> Procedure:
    """Add working days that are none."""
    if value in reading.NONE:
        return replace(procedure, holidays=())
    listed = set(procedure.holidays)
    for word in filter(None, re.split(r"[\s,;]+", value)):
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", word, re.ASCII):
            raise reading.Unfit
        try:
            listed.add(date.fromisoformat(word))
        except ValueError:
            raise reading.Unfit from None
    if len(listed) > MOST_HOLIDAYS:
        raise reading.Unfit
    return replace(procedure, holidays=tuple(sorted(listed)))


def extension(procedure: Procedure, value: str) -> Procedure:
    """Set by how much a late objection puts the closing off, once; none takes that away."""
    if value in reading.NONE:
        return replace(procedure, extension=timedelta(), late=timedelta())
    if not procedure.can_be_blocked:
        raise needs("extension", "blocks")
    working = reading.WORKING_DAYS.fullmatch(value)
    if working and not procedure.working_days:
        raise needs("extension", "days")
    extension = read_span(f"{working['count']} days" if working else value)
    if procedure.working_days and extension % DAY:
        raise _whole_days("extension")
    return replace(procedure, extension=extension, late=procedure.late or LATE)


def late(procedure: Procedure, value: str) -> Procedure:
    """Set how long before the closing an objection is late."""
    if value in reading.NONE:
        return replace(procedure, extension=timedelta(), late=timedelta())
    if not procedure.extension:
        raise needs("late", "extension")
    return replace(procedure, late=read_span(value))


def early(procedure: Procedure, value: str) -> Procedure:
    """Set whether it closes once everybody has answered."""
    return replace(procedure, closes_early=reading.yes_or_no(value))


def _whole_days(name: str) -> CampaignError:
    return CampaignError(
        say(
            N_("Working days are whole days. Write for example: `{example}`"),
            example=say(N_("duration=5 days") if name == "duration" else PARAMETERS[name].example),
        )
    )
