"""What may be done with one's name and address: being named in what is published, being written to in private."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from campaign.chat import N_, Text, Typed, say
from commands.command import Context, Reply, command
from commands.signatures import consenting
from commands.vocabulary import in_language

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storage.consents import Kind


@command(
    "consent",
    fr="accord",
    help=N_(
        "Say whether your name may be published beside the signature, and whether I may write to you alone."
    ),
    example=N_("!consent publish yes"),
    needs_campaign=False,
    form=True,
)
def consent(
    ctx: Context,
    kind: Literal["publish", "contact"] | None = None,
    given: Literal["yes", "no"] | None = None,
) -> Reply:
    """Keep what a person says of one of the two; with less than that, show both."""
    if kind is None or given is None:
        said = ctx.storage.consents.of(ctx.person.id)
        # In a room nobody needs to read what somebody agreed to.
        return Reply(private=tuple(_line(ctx, one, said) for one in consenting.KINDS))
    consenting.take(ctx, kind, given=given == "yes")
    return Reply((say(consenting.TAKEN[kind, given == "yes"]),))


def _line(ctx: Context, kind: Kind, said: Mapping[str, bool]) -> Text:
    given = said.get(kind)
    other = in_language("no" if given else "yes", ctx.language)
    return say(
        N_("{standing} To change that: {change}"),
        standing=say(consenting.STANDING[kind, given]),
        change=Typed("consent", f"{in_language(kind, ctx.language)} {other}"),
    )
