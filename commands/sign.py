"""Signing the letter for an organisation: confirmed by who may speak for it, declared by anybody else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from campaign.chat import N_, Listing, Text, Typed, say
from campaign.organisation import normal_form, tidy_name, tidy_url
from campaign.signature import level_of, parse_mandate
from commands import lookup, tell
from commands.command import Choice, Context, Option, Reply, Rest, command, reply

if TYPE_CHECKING:
    from storage.organisations import Organisation
    from storage.signatures import Signature


@command(
    "sign",
    fr="signer",
    help=N_("Sign the open letter for your organisation."),
    example=N_("!sign Nuage Libre role=treasurer mandate=assembly"),
    in_short=True,
)
def sign(
    ctx: Context,
    organisation: Rest = "",
    *,
    role: Option = "",
    url: Option = "",
    funded: Literal["direct", "indirect", "none"] | None = None,
    mandate: Option = "",
    note: Option = "",
) -> Reply:
    """Sign at once for an organisation one may speak for; ask anybody else whether they are entitled."""
    details = _Details(role=role, url=url, funded=funded or "", mandate=mandate, note=note)
    if not organisation:
        mine = ctx.storage.organisations.of_person(ctx.person.id)
        if len(mine) != 1:
            return _which(ctx, [one.name for one in mine], details)
        found: Organisation | None = mine[0]
    else:
        name = tidy_name(organisation)
        found = ctx.storage.organisations.find(normal_form(name))
        if found is None and not ctx.confirmed:
            return _unknown(ctx, name, details)
    if found is not None:
        standing = ctx.storage.signatures.standing(ctx.campaign.id, found.id)
        speaks = not organisation or ctx.storage.organisations.is_representative(found.id, ctx.person.id)
        if standing is not None:
            return _already(ctx, found, standing, speaks=speaks)
        if speaks:
            return _signed(ctx, found, details, speaks=True)
        if not ctx.confirmed:
            ask = say(
                N_("Are you entitled to sign for **{name}**? If you are, say {confirm} or react with ✅."),
                name=found.name,
                confirm=Typed("confirm"),
            )
            return Reply((ask,), choices=(Choice("sign", details.arguments(found.name)),))
    else:
        found = ctx.storage.organisations.add(
            name, normal_form(name), ctx.now, website=details.url, flagged=True
        )
        ctx.storage.audit.note(
            "organisation added", ctx.now, person=ctx.person.id, organisation=found.id, name=name
        )
    return _signed(ctx, found, details, speaks=False)


class _Details:
    """What is said beside the organisation's name, checked before anything is written."""

    def __init__(self, *, role: str, url: str, funded: str, mandate: str, note: str) -> None:
        self._said = {"role": role, "url": url, "funded": funded, "mandate": mandate, "note": note}
        self.role = lookup.short(role)
        self.url = tidy_url(url) if url else ""
        self.funded = funded
        self.note = lookup.short(note)
        read = parse_mandate(lookup.short(mandate)) if mandate else None
        self.columns = {
            "role": self.role,
            "url": self.url,
            "funded": funded,
            "note": self.note,
            "mandate_kind": read.kind if read else "",
            "mandate_day": read.day if read else None,
            "mandate_link": read.link if read else "",
        }

    def arguments(self, organisation: str) -> dict[str, str]:
        """The command that would say all this again."""
        return {"organisation": organisation, **{key: value for key, value in self._said.items() if value}}


def _which(ctx: Context, names: list[str], details: _Details) -> Reply:
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
    choices = tuple(Choice("sign", details.arguments(name)) for name in names)
    ask = say(
        N_("For which organisation? Reply to this message with a number: {choices}"), choices=_numbered(names)
    )
    return Reply((ask,), choices=choices)


def _numbered(names: list[str]) -> Text | Listing:
    return Listing(tuple(say(N_("{number}. {name}"), number=i, name=name) for i, name in enumerate(names, 1)))


def _unknown(ctx: Context, name: str, details: _Details) -> Reply:
    """Ask about a name nobody knows: one of those near it, or a new organisation after all."""
    near = [one.name for one in lookup.suggestions(ctx, name)]
    if not near:
        ask = say(
            N_(
                "**{name}** is not on my list yet. Are you entitled to sign for it? If you are, say {confirm} or react with ✅."
            ),
            name=name,
            confirm=Typed("confirm"),
        )
        return Reply((ask,), choices=(Choice("sign", details.arguments(name)),))
    ask = say(
        N_("I do not know “{name}”. Which one do you mean? Reply to this message with a number: {choices}"),
        name=name,
        choices=Listing(
            (
                *(say(N_("{number}. {name}"), number=i, name=one) for i, one in enumerate(near, 1)),
                say(
                    N_("{number}. a new organisation, for which I am entitled to sign"), number=len(near) + 1
                ),
            )
        ),
    )
    return Reply((ask,), choices=tuple(Choice("sign", details.arguments(one)) for one in (*near, name)))


def _signed(ctx: Context, organisation: Organisation, details: _Details, *, speaks: bool) -> Reply:
    campaign, storage = ctx.campaign, ctx.storage
    level = level_of(is_representative=speaks)
    letter = storage.letters.in_language(campaign.id, ctx.language)
    number = storage.signatures.add(
        campaign.id,
        organisation_id=organisation.id,
        person_id=ctx.person.id,
        address_id=ctx.person.address_id,
        letter_id=letter.id,
        room_id=ctx.room.id,
        level=level,
        person_name=ctx.name,
        network=ctx.room.network,
        event=ctx.event,
        signed_at=ctx.now,
        **details.columns,
    )
    storage.campaigns.stand(
        campaign.id, organisation.id, "signed" if speaks else "declared", ctx.now, room_id=_public(ctx)
    )
    storage.audit.note(
        "signed",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=campaign.id,
        organisation=organisation.id,
        number=number,
        level=level,
    )
    if not speaks:
        return _declared(ctx, organisation, number)
    count = lookup.counted(storage, campaign)
    line = (
        say(
            N_("✅ **{name}** has signed the letter: {count} of {goal}."),
            name=organisation.name,
            count=count,
            goal=campaign.goal,
        )
        if campaign.goal
        else say(
            N_("✅ **{name}** has signed the letter: signature {count}."), name=organisation.name, count=count
        )
    )
    more: tuple[Text, ...] = ()
    if ctx.private:
        more = (
            say(
                N_("Version {version} ({language}). To complete it: {details}; to take it back: {withdraw}"),
                version=letter.version,
                language=letter.language,
                details=Typed("details"),
                withdraw=Typed("withdraw"),
            ),
        )
    return Reply((line, *more))


def _public(ctx: Context) -> int | None:
    """Where an organisation is reminded from now on: a campaign's room, or where it was before."""
    return ctx.room.id if ctx.place == "campaign" else None


def _declared(ctx: Context, organisation: Organisation, number: int) -> Reply:
    """Tell the person, the campaigners, and the organisation's own people, that somebody declared for it."""
    line = say(
        N_("📝 Noted: **{name}** is declared (no. {number}). It counts once a campaigner has verified it."),
        name=organisation.name,
        number=number,
    )
    if ctx.campaign.counts == "declared":
        line = say(
            N_("📝 Noted: **{name}** is declared (no. {number})."), name=organisation.name, number=number
        )
    told = say(
        N_(
            "{who} ({address}) signs for **{name}**, and I do not know that they may. To accept: {verify} · to refuse: {reject}"
        ),
        who=ctx.name,
        address=ctx.address.id if ctx.address.is_account else ctx.room.label,
        name=organisation.name,
        verify=Typed("verify", str(number)),
        reject=Typed("reject", f"{number} …"),
    )
    mine = say(
        N_("{who} says that {name} signs. If that is right, say {sign}; if not, please tell a campaigner."),
        who=ctx.name,
        name=organisation.name,
        sign=Typed("sign", organisation.name),
    )
    return Reply((line,)).also(
        *tell.admins(ctx.storage, ctx.house, told),
        *tell.representatives(ctx.storage, organisation.id, mine, but=ctx.person.id),
    )


def _already(ctx: Context, organisation: Organisation, standing: Signature, *, speaks: bool) -> Reply:
    """One organisation, one signature: say so, or let one of its own people stand by what was declared."""
    campaign, storage = ctx.campaign, ctx.storage
    if standing.level == "declared" and speaks:
        level = "confirmed" if standing.person_id == ctx.person.id else "verified"
        storage.signatures.change(standing.id, level=level, verified_by=ctx.person.id)
        storage.campaigns.stand(campaign.id, organisation.id, "signed", ctx.now, room_id=_public(ctx))
        if level == "verified":
            storage.organisations.represent(organisation.id, standing.person_id, "verified", ctx.now)
        storage.audit.note(
            level,
            ctx.now,
            person=ctx.person.id,
            campaign=campaign.id,
            organisation=organisation.id,
            number=standing.number,
        )
        return reply(
            N_("✅ **{name}** has signed the letter: signature {count}."),
            name=organisation.name,
            count=lookup.counted(storage, campaign),
        )
    if standing.person_id == ctx.person.id or speaks:
        if standing.level == "declared":
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
    told = say(
        N_(
            "{who} ({address}) also wants to sign for **{name}**. The first signature stands (no. {number}, by {first}). If it is the wrong one: {reject}"
        ),
        who=ctx.name,
        address=ctx.address.id if ctx.address.is_account else ctx.room.label,
        name=organisation.name,
        number=standing.number,
        first=standing.person_name,
        reject=Typed("reject", f"{standing.number} …"),
    )
    return reply(
        N_(
            "Somebody has already signed for **{name}** (no. {number}). That signature stands; the campaigners know that you asked too."
        ),
        name=organisation.name,
        number=standing.number,
    ).also(*tell.admins(storage, ctx.house, told))
