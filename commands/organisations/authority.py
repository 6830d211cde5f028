"""Whom a person may speak for: those their list or a campaigner says, and those on whose own server their account is.

Not for what is the collective of an open campaign: it is all of them together, and answers by its polls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.authority import is_proven, stored_forms

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from commands.command import Context
    from storage.organisations import Organisation
    from storage.storage import Storage


def speaks(ctx: Context, organisation: Organisation) -> bool:
    """Whether somebody may speak for an organisation; whom its domain proves is entered as its representative."""
    known = is_entered(ctx, organisation.id)
    if known or not proves(ctx.storage, ctx.house.public_providers, ctx.person.id, organisation):
        return known
    ctx.storage.representatives.represent(organisation.id, ctx.person.id, "domain", ctx.now)
    ctx.storage.audit.note(
        "representative",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        organisation=organisation.id,
        represented_by=ctx.person.id,
        how="domain",
    )
    return True


def is_entered(ctx: Context, organisation_id: int) -> bool:
    """Whether somebody is written down as one who speaks for an organisation, and anybody may speak for it."""
    storage = ctx.storage
    is_collective = organisation_id in storage.campaigns.collectives()
    return not is_collective and storage.representatives.is_representative(organisation_id, ctx.person.id)


def organisations(ctx: Context) -> Sequence[Organisation]:
    """The organisations somebody speaks for; who speaks for none yet, for those whose domain proves it."""
    return _entered(ctx) or [one for one in _by_domain(ctx) if speaks(ctx, one)]


def shown(ctx: Context) -> Sequence[Organisation]:
    """The same organisations, to be shown only: nothing is written down, though a domain proves something."""
    public = ctx.house.public_providers
    return _entered(ctx) or [
        one for one in _by_domain(ctx) if proves(ctx.storage, public, ctx.person.id, one)
    ]


def _entered(ctx: Context) -> Sequence[Organisation]:
    collectives = ctx.storage.campaigns.collectives()
    return [one for one in ctx.storage.organisations.of_person(ctx.person.id) if one.id not in collectives]


def _by_domain(ctx: Context) -> Sequence[Organisation]:
    accounts = ctx.storage.people.addresses(ctx.person.id)
    return ctx.storage.organisations.of_domains(stored_forms(accounts, ctx.house.public_providers))


def proves(storage: Storage, public: Collection[str], person_id: int, organisation: Organisation) -> bool:
    """Whether one of a person's accounts is on an organisation's own server, and no campaigner has revoked any.

    Only a domain from the organisations' file or a campaigner counts: who named an organisation in chat proves nothing by it.
    """
    if organisation.flagged or not organisation.domain or organisation.id in storage.campaigns.collectives():
        return False
    accounts = storage.people.addresses(person_id)
    return is_proven(accounts, organisation.website, organisation.domain, public) and not any(
        storage.representatives.is_revoked(organisation.id, account) for account in accounts
    )


def prove_again(
    storage: Storage, public: Collection[str], now: datetime, only: Collection[int] | None = None
) -> None:
    """Let nobody speak any longer by a domain that is no proof any more: it is public or another organisation's by now.

    `only` are the organisations that are looked at; all of them if none is given.
    """
    for organisation_id, person_id in storage.representatives.by_domain():
        if only is not None and organisation_id not in only:
            continue
        if not proves(storage, public, person_id, storage.organisations.get(organisation_id)):
            storage.representatives.dismiss(organisation_id, person_id)
            storage.audit.note(
                "representative revoked",
                now,
                organisation=organisation_id,
                represented_by=person_id,
                how="domain",
            )
