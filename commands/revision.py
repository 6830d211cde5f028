"""Saying what kind of change a changed letter is: small, of substance, or none that is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, NN_, Typed, say, say_many
from campaign.errors import CampaignError
from campaign.letter import code_of, would_overtake
from commands import tell
from commands.command import Choice, Context, Reply, command, reply
from commands.letters import revising
from commands.signatures import counting, showing

if TYPE_CHECKING:
    from campaign.letter import Change
    from storage.letters import Letter


@command(
    "letter minor",
    fr="lettre mineure",
    help=N_("Take the letter's new text: small changes, and signatures stand."),
    example=N_("!letter minor"),
    admin=True,
)
def letter_minor(ctx: Context, code: str = "") -> Reply:
    """Let the changed texts be the letter, and say so once in the rooms."""
    texts = _waiting(ctx, code)
    _settle(ctx, texts, "minor")
    told = revising.minor(ctx.storage, ctx.house, ctx.campaign, texts)
    return _done(ctx, texts).also(*told)


@command(
    "letter material",
    fr="lettre majeure",
    help=N_("Take the letter's new text: changes of substance, so that every signatory is asked again."),
    example=N_("!letter material"),
    admin=True,
)
def letter_material(ctx: Context, code: str = "") -> Reply:
    """Let the changed texts be the letter after asking once more: no signature counts until it is confirmed."""
    storage, campaign = ctx.storage, ctx.campaign
    texts = _waiting(ctx, code)
    if not ctx.confirmed:
        again = say_many(
            *NN_(
                "{count} signature will count only once its organisation has confirmed it, and the rooms are told. To do it: {confirm}",
                "{count} signatures will count only once their organisations have confirmed them, and the rooms are told. To do it: {confirm}",
            ),
            _overtaken_by(ctx, texts),
            confirm=Typed("confirm"),
        )
        lines = (*revising.difference(storage, texts), again)
        file = revising.full_difference(storage, campaign, texts)
        return Reply(
            lines,
            file=file,
            choices=(Choice("letter material", {"code": code_of(one.hash for one in texts)}),),
        )
    _settle(ctx, texts, "material")
    told = revising.material(storage, ctx.house, campaign, texts, ctx.now)
    return _done(ctx, texts).also(*told)


@command(
    "letter drop",
    fr="lettre abandonner",
    help=N_("Do not take the letter's new text: everybody signs the version before."),
    example=N_("!letter drop"),
    admin=True,
)
def letter_drop(ctx: Context, code: str = "") -> Reply:
    """Leave the letter as it is; its file is not asked about again until it changes."""
    texts = _waiting(ctx, code)
    _settle(ctx, texts, "dropped")
    return reply(
        N_(
            "The letter stays as it was. Its file still holds the other text ({versions}): please change it back."
        ),
        versions=", ".join(one.language for one in texts),
    )


def _waiting(ctx: Context, code: str) -> list[Letter]:
    """The texts that wait.

    Raises:
        CampaignError: none does, or others than those the code stands for.
    """
    texts = ctx.storage.letters.pending(ctx.campaign.id)
    if not texts:
        raise CampaignError(
            say(
                N_(
                    "The letter has not changed, so there is nothing to answer. I ask about a new text in its file once I have read it."
                )
            )
        )
    if code and code.casefold() != code_of(one.hash for one in texts):
        raise CampaignError(
            say(
                N_("The letter has changed once more meanwhile. Please look at what waits now: {history}"),
                history=Typed("versions"),
            )
        )
    return texts


def _settle(ctx: Context, texts: list[Letter], change: Change) -> None:
    """Say of each text what it is. A translation that was not there before is the first in its language."""
    before = {one.language: one for one in ctx.storage.letters.current(ctx.campaign.id)}
    for one in texts:
        known = before.get(one.language)
        own: Change = "first" if known is None and change != "dropped" else change
        ctx.storage.letters.settle(one.id, own, ctx.now)
        ctx.storage.audit.note(
            "letter changed",
            ctx.now,
            person=ctx.person.id,
            room=ctx.room.id,
            campaign=ctx.campaign.id,
            language=one.language,
            version=one.version,
            change=own,
            before=known.hash if known else "",
            after=one.hash,
        )


def _overtaken_by(ctx: Context, texts: list[Letter]) -> int:
    """How many signatures will have to be confirmed, after these changes of substance."""
    storage, campaign = ctx.storage, ctx.campaign
    gone = would_overtake(storage.letters.versions(campaign.id), {one.id for one in texts})
    return len(counting.of_texts(storage, campaign, gone))


def _done(ctx: Context, texts: list[Letter]) -> Reply:
    """Say which versions are the letter now, and in which rooms that could not be said."""
    lines = [
        say(
            N_("{version} is the letter now."),
            version=showing.version_of(ctx.storage.letters.get(one.id), ctx.campaign),
        )
        for one in texts
    ]
    return Reply((*lines, *tell.missing(ctx.storage, ctx.campaign.id)))
