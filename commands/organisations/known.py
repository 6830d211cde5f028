"""Organisations as campaigners name them: any that is known, whatever the campaign, and two with a sign between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, Typed, say
from campaign.errors import CampaignError
from campaign.organisation import normal_form, tidy_name
from commands.organisations import lookup

if TYPE_CHECKING:
    from commands.command import Context
    from storage.organisations import Organisation

SIGNS = ("=", "→", "->", "=>")
"""What may stand between two names."""


def organisation(ctx: Context, typed: str) -> Organisation:
    """The organisation that goes by this name, in whatever campaign.

    Raises:
        CampaignError: there is none.
        Unclear: some are near it.
    """
    name = tidy_name(typed)
    found = ctx.storage.organisations.find(normal_form(name))
    if found is not None:
        return found
    near = [one.name for one in lookup.suggestions(ctx, name)]
    if near:
        raise lookup.unclear(name, typed, near)
    add = Typed("org add", name)
    raise CampaignError(say(N_("I do not know “{name}”. To add it: {add}"), name=name, add=add))


def and_another(ctx: Context, typed: str, command: str) -> tuple[Organisation, str]:
    """The organisation named before a sign such as `=`, and the name after it. A name may hold such a sign itself.

    Raises:
        CampaignError: there are no two names, or the first is unknown.
    """
    halves = [
        (typed[:at].strip(), typed[at + len(sign) :].strip())
        for at in range(len(typed))
        for sign in SIGNS
        if typed.startswith(sign, at)
    ]
    halves = [(first, second) for first, second in halves if first and second]
    if not halves:
        raise CampaignError(
            say(N_("Please write two names with = between them: {command}"), command=Typed(command, "… = …"))
        )
    for first, second in halves:
        found = ctx.storage.organisations.find(normal_form(first))
        if found is not None:
            return found, second
    return organisation(ctx, halves[0][0]), halves[0][1]
