"""Signing the letter for an organisation: confirmed by who may speak for it, declared by anybody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from campaign.chat import N_, Listing, Text, Typed, say
from campaign.errors import CampaignError
from campaign.organisation import tidy_name
from commands.command import Choice, Context, Option, Prose, Reply, Rest, command, reply
from commands.organisations import asking, authority, lookup
from commands.signatures import completing, disputing, reconfirming, signing, vouching
from commands.signatures.entry import Entry
from commands.vocabulary import NOBODYS_NAME, fold

if TYPE_CHECKING:
    from storage.organisations import Organisation
    from storage.signatures import Signature


@command(
    "sign",
    fr="signer",
    help=N_("Sign the open letter for your organisation."),
    example=N_("!sign Nuage Libre role=treasurer mandate=assembly"),
    in_short=True,
    form=True,
)
def sign(
    ctx: Context,
    organisation: Rest = "",
    *,
    role: Option = "",
    url: Option = "",
    funded: Literal["direct", "indirect", "none"] | None = None,
    mandate: Option = "",
    note: Prose = "",
) -> Reply:
    """Sign at once for an organisation one may speak for; ask anybody else whether they are entitled."""
    entry = Entry(ctx, role=role, url=url, funded=funded or "", mandate=mandate, note=note)
    name, found = _named(ctx, organisation)
    if not name:
        mine = authority.organisations(ctx)
        found = mine[0] if len(mine) == 1 else None
    if found is not None and found.id == ctx.campaign.collective_id:
        raise CampaignError(lookup.collective_answers(found))
    if found is None and name:
        _make_sure_they_may_declare(ctx)
    if found is None and not (name and ctx.confirmed):
        return _unknown(ctx, name, entry) if name else _which(ctx, [one.name for one in mine], entry)
    if found is None:
        return signing.sign(ctx, signing.enter(ctx, name), entry, speaks=False)
    standing = ctx.storage.signatures.standing(ctx.campaign.id, found.id)
    speaks = not name or authority.speaks(ctx, found)
    if standing is None and not speaks:
        _make_sure_they_may_declare(ctx)
    if standing is not None and (standing.level != "declared" or not speaks):
        return _again(ctx, found, standing, entry, speaks=speaks)
    doubts = entry.doubts()
    if not ctx.confirmed and (doubts or not speaks):
        ask = () if speaks else _entitled(ctx, found)
        return Reply((*ask, *doubts), choices=(Choice("sign", entry.arguments(found.name)),))
    if standing is not None:
        return signing.stand_by(ctx, found, standing, entry)
    return signing.sign(ctx, found, entry, speaks=speaks)


def _named(ctx: Context, organisation: str) -> tuple[str, Organisation | None]:
    """The name that was typed, and who goes by it; none where what was typed names nobody: "la lettre", "svp"."""
    name = tidy_name(organisation) if organisation else ""
    found = lookup.named(ctx.storage, name) if name else None
    return ("" if found is None and fold(name) in NOBODYS_NAME else name), found


MOST_DECLARED = 10
"""Signatures that one person declares in a campaign before somebody has accepted any."""


def _make_sure_they_may_declare(ctx: Context) -> None:
    """Let nobody declare without end; nor at all where that counts, if nobody knows where they come from.

    Raises:
        CampaignError: they may not; the text says what to do.
    """
    declared = ctx.storage.signatures.declared_by(ctx.campaign.id, ctx.person.id)
    if declared >= MOST_DECLARED:
        raise CampaignError(
            say(
                N_(
                    "{count} signatures that you declared wait for a campaigner already. Please ask one to look at them first."
                ),
                count=declared,
            )
        )
    if ctx.campaign.counts == "declared" and ctx.private and not lookup.is_of_the_campaign(ctx):
        raise CampaignError(
            say(
                N_(
                    "I do not know you from this campaign yet, and here a signature counts at once: please sign in one of its rooms."
                )
            )
        )


def _which(ctx: Context, names: list[str], entry: Entry) -> Reply:
    if not names and not ctx.address.is_account:
        return reply(
            N_(
                "For which organisation? Please write {sign} with its name. "
                "If I should know you: say {link} to me in a private chat, then say the code here."
            ),
            sign=Typed("sign", "…"),
            link=Typed("link"),
        )
    if not names:
        return reply(
            N_("For which organisation? Please write {sign} with its name."), sign=Typed("sign", "…")
        )
    choices = tuple(Choice("sign", entry.arguments(name), confirmed=False) for name in names)
    return Reply((asking.for_which(names),), choices=choices)


def _entitled(ctx: Context, organisation: Organisation) -> tuple[Text, ...]:
    """Ask whether somebody is entitled to sign; whom a room hides may have an account that says so."""
    ask = say(
        N_("Are you entitled to sign for **{name}**? If you are, say {confirm} or react with ✅."),
        name=organisation.name,
        confirm=Typed("confirm"),
    )
    if ctx.address.is_account or organisation.flagged or not organisation.domain:
        return (ask,)
    hidden = say(
        N_(
            "If your account is at {domain}, say {link} to me in a private chat first: then it counts at once."
        ),
        domain=organisation.domain,
        link=Typed("link"),
    )
    return (ask, hidden)


def _unknown(ctx: Context, name: str, entry: Entry) -> Reply:
    """Ask about a name nobody knows: one of those near it, or a new organisation after all."""
    doubts, parts = lookup.doubted(ctx, name)
    known = [one.name for one in lookup.suggestions(ctx, name, entry.given.get("url", ""))]
    near = list(dict.fromkeys((*parts, *known)))
    if not near:
        ask = say(
            N_(
                "**{name}** is not on my list yet. Are you entitled to sign for it? If you are, say {confirm} or react with ✅."
            ),
            name=name,
            confirm=Typed("confirm"),
        )
        return Reply((*doubts, ask, *entry.doubts()), choices=(Choice("sign", entry.arguments(name)),))
    ask = say(
        N_(
            "I do not know “{name}”. Which one do you mean? Reply to this message with a number, or say {pick}: {choices}"
        ),
        name=name,
        pick=Typed("confirm", "1"),
        choices=Listing(
            (
                *asking.numbered(near).items,
                say(
                    N_("{number}. a new organisation, for which I am entitled to sign"), number=len(near) + 1
                ),
            ),
            either=True,
        ),
    )
    # Only the last choice says that one is entitled; for the others that is asked then.
    meant = (Choice("sign", entry.arguments(one), confirmed=False) for one in near)
    return Reply((*doubts, ask, *entry.doubts()), choices=(*meant, Choice("sign", entry.arguments(name))))


def _again(
    ctx: Context, organisation: Organisation, standing: Signature, entry: Entry, *, speaks: bool
) -> Reply:
    """One organisation, one signature: say so; or let its people sign a changed letter again, or stand by a colleague's."""
    if reconfirming.is_asked(ctx, standing):
        return reconfirming.confirm(ctx, standing, **entry.given)
    if speaks and vouching.waits(ctx.campaign, standing) and standing.person_id != ctx.person.id:
        return vouching.second(ctx, standing, **({} if entry.doubts() else entry.given))
    if standing.person_id == ctx.person.id or speaks:
        return _already(ctx, organisation, standing, entry, speaks=speaks)
    disputing.check(ctx, standing, speaks=False)
    ask = say(
        N_(
            "Somebody has already signed for **{name}** (no. {number}), and that signature stands. Are you entitled to sign for it too, and is that one wrong? Then say {confirm}: the campaigners and whoever signed are told."
        ),
        name=organisation.name,
        number=standing.number,
        confirm=Typed("confirm"),
    )
    # A yes to whether they may sign is none to this, and this one is about that signature alone.
    return Reply((ask,), choices=(Choice("dispute", {"why": str(standing.number)}),))


def _already(
    ctx: Context, organisation: Organisation, standing: Signature, entry: Entry, *, speaks: bool
) -> Reply:
    """Tell its own people, or whoever declared it, that a signature stands; take what they say besides, as `!details` does."""
    declared = standing.level == "declared"
    if (speaks or declared) and entry.changes_any(standing):
        noted = say(
            N_("**{name}** is declared already (no. {number}). What you added is noted.")
            if declared
            else N_("**{name}** has already signed (no. {number}). What you added is noted."),
            name=organisation.name,
            number=standing.number,
        )
        return completing.complete(ctx, organisation, standing, entry, noted)
    if declared:
        return reply(
            N_(
                "**{name}** is declared already (no. {number}), and waits for a campaigner. To complete it: {details}; to take it back: {withdraw}"
            ),
            name=organisation.name,
            number=standing.number,
            details=Typed("details", organisation.name),
            withdraw=Typed("withdraw", organisation.name),
        )
    return reply(
        N_(
            "**{name}** has already signed (no. {number}). To complete it: {details}; to take it back: {withdraw}"
        ),
        name=organisation.name,
        number=standing.number,
        details=Typed("details"),
        withdraw=Typed("withdraw"),
    )
