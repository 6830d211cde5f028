"""The book of acts: who changed what, when and where."""

from __future__ import annotations

from campaign.chat import N_, NN_, say_many
from commands import acts
from commands.command import Context, Option, Reply, command, reply

FEW, MOST = 15, 50
"""How many acts are listed unless told, and at most."""


@command(
    "audit",
    fr="journal",
    help=N_("Show the latest acts: who changed what, when and where."),
    example=N_("!audit 20"),
    admin=True,
    needs_campaign=False,
    even_ended=True,
)
def audit(ctx: Context, count: int = FEW, *, campaign: Option = "") -> Reply:
    """List the newest acts first: of every campaign, or of the one that is named."""
    only = ctx.campaign.id if campaign else None
    found = ctx.storage.audit.newest(max(1, min(count, MOST)), only)
    if not found:
        return reply(N_("Nothing has been done yet."))
    names = ctx.storage.audit.names(acts.people_in(found))
    title = say_many(*NN_("**The latest act:**", "**The {count} latest acts:**"), len(found))
    return Reply((title, *acts.lines(found, names, ctx.zone)))
