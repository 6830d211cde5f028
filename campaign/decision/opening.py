"""Whether a poll may open under a procedure, and for how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from campaign.chat import N_, Listing, say
from campaign.decision import words
from campaign.decision.parameters import PARAMETERS
from campaign.decision.term import public_holidays
from campaign.errors import CampaignError

if TYPE_CHECKING:
    from datetime import datetime

    from campaign.decision.procedure import Procedure


def lasting(procedure: Procedure, duration: timedelta) -> Procedure:
    """A procedure whose duration is given otherwise than in words: by the date at which its poll closes.

    Where only working days count, and this is no whole number of days, its own stays: the date says it all.

    Raises ValueError if the duration is nothing.
    """
    if duration <= timedelta():
        raise ValueError("a poll closes after it opens")
    if procedure.working_days and duration % timedelta(days=1):
        duration = procedure.duration
    return replace(
        procedure, duration=duration, unset=tuple(each for each in procedure.unset if each != "duration")
    )


def check_opening(procedure: Procedure, electorate: int) -> None:
    """Refuse to open a poll under a procedure that is not complete, or by which this electorate could adopt nothing, or all.

    Raises CampaignError, which names what is missing.
    """
    if procedure.unset:
        missing = [PARAMETERS[name] for name in procedure.unset]
        raise CampaignError(
            say(
                N_(
                    "This rule is your collective's own, and not complete: {missing} missing. Add for example: `{example}`"
                ),
                missing=Listing(tuple(say(each.title) for each in missing)),
                example=words.joined(say(each.example) for each in missing),
            )
        )
    if not procedure.decides:
        raise CampaignError(
            say(
                N_("By this rule it would pass whatever is answered. Say what decides it: `{example}`"),
                example=say(PARAMETERS["threshold"].example),
            )
        )
    for name, needed in (("minimum", procedure.support_needed), ("quorum", procedure.quorum_number)):
        if needed > electorate:
            raise CampaignError(
                say(
                    N_(
                        "It could never pass: {parameter} {needed}, and {eligible} may vote. Lower it: `{example}`"
                    ),
                    parameter=say(PARAMETERS[name].title),
                    needed=needed,
                    eligible=electorate,
                    example=say(PARAMETERS[name].example),
                )
            )


def at_opening(procedure: Procedure, opened_at: datetime, zone: str) -> Procedure:
    """A procedure as it is frozen when its poll opens: with the legal holidays of the poll's zone, if they matter.

    `opened_at` is aware, `zone` is an IANA zone.
    """
    if not procedure.working_days:
        return procedure
    year = opened_at.year
    ahead = (procedure.duration + procedure.extension) * 2 // timedelta(days=365)
    legal = public_holidays(zone, range(year, year + ahead + 2))
    return replace(procedure, holidays=tuple(sorted({*procedure.holidays, *legal})))
