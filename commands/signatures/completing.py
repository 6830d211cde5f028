"""What becomes of details that are given for a signature which stands already: asked about where in doubt, and taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from campaign.chat import N_, Text, say
from campaign.errors import CampaignError
from commands.command import Choice, Reply
from commands.organisations import authority
from commands.signatures import consenting
from commands.signatures.entry import Entry

if TYPE_CHECKING:
    from commands.command import Context
    from storage.organisations import Organisation
    from storage.signatures import Signature


def complete(
    ctx: Context,
    found: Organisation,
    standing: Signature,
    entry: Entry,
    done: Text,
    *,
    testimony: str = "",
    publish: Literal["yes", "no"] | None = None,
) -> Reply:
    """Change some of the details of a standing signature, on the word of its people or of who gave it; then say `done`.

    Raises:
        CampaignError: that detail is for somebody else to say, or not yet.
    """
    values = entry.given
    if "role" in values and standing.person_id != ctx.person.id:
        # It is published beside the name of whoever agreed to that.
        raise CampaignError(
            say(
                N_("The role is that of whoever signed for **{name}** (no. {number}): only they can say it."),
                name=found.name,
                number=standing.number,
            )
        )
    doubts = entry.doubts(ctx)
    if doubts and not ctx.confirmed:
        also = {key: said for key, said in (("testimony", testimony), ("publish", publish)) if said}
        return Reply(doubts, choices=(Choice("details", {**entry.arguments(found.name), **also}),))
    if testimony and not authority.speaks(ctx, found):
        # It is the organisation's own word, and is published as such, whatever becomes of this signature.
        raise CampaignError(
            say(
                N_(
                    "A testimony is published in the name of **{name}**: I take it once a campaigner has verified your signature (no. {number}). Please say it again then."
                ),
                name=found.name,
                number=standing.number,
            )
        )
    if values:
        ctx.storage.signatures.change(standing.id, **values)
    if testimony:
        ctx.storage.organisations.change(found.id, testimony=testimony)
    if publish:
        consenting.take(ctx, "publish", given=publish == "yes")
    if values or testimony:
        ctx.storage.audit.note(
            "details",
            ctx.now,
            person=ctx.person.id,
            room=ctx.room.id,
            campaign=ctx.campaign.id,
            organisation=found.id,
            number=standing.number,
            **Entry.changes(standing, values, testimony=bool(testimony)),
        )
    return Reply((done,))
