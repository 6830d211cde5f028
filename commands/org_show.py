"""Showing the organisations: the list, and all that is known of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, NN_, Day, Link, Moment, Text, Typed, say, say_many
from commands import acts
from commands.command import Context, Reply, Rest, command
from commands.organisations import known
from commands.organisations.org_words import HOW, STANDINGS
from commands.replies import row

if TYPE_CHECKING:
    from campaign.chat import Value
    from storage.campaigns import Campaign
    from storage.organisations import Organisation
    from storage.representatives import Representative
    from storage.signatures import Signature


@command(
    "org list",
    fr="org liste",
    help=N_("List the organisations and where they stand."),
    example=N_("!org list"),
    admin=True,
    even_ended=True,
)
def org_list(ctx: Context) -> Reply:
    """List every organisation of the campaign with its standing; those named in chat are marked."""
    members = ctx.storage.campaigns.members(ctx.campaign.id)
    lines: list[Text] = [
        say_many(*NN_("**{count} organisation:**", "**{count} organisations:**"), len(members))
    ]
    disputed = ctx.storage.disputes.disputed(ctx.campaign.id)
    for one in members:
        standing = say(STANDINGS[one.standing])
        if ctx.campaign.second_person and one.level == "confirmed":
            standing = say(N_("{standing}, waits for a second person"), standing=standing)
        if one.organisation_id in disputed:
            standing = say(N_("{standing}, ⚠️ disputed"), standing=standing)
        text = N_("- {name}: {standing} (named in chat)") if one.flagged else N_("- {name}: {standing}")
        lines.append(say(text, name=one.name, standing=standing))
    return Reply(tuple(lines))


@command(
    "org show",
    fr="org montrer",
    help=N_("Show everything I know of an organisation."),
    example=N_("!org show Nuage Libre"),
    admin=True,
    needs_campaign=False,
)
def org_show(ctx: Context, organisation: Rest) -> Reply:
    """Show names, site, people by their accounts, and where it stands; and where all that came from."""
    found, organisations = known.organisation(ctx, organisation), ctx.storage.organisations
    others = [name for name in organisations.names_of(found.id) if name != found.name]
    lines = [
        say(N_("**{name}**, also {names}"), name=found.name, names=", ".join(others))
        if others
        else say(N_("**{name}**"), name=found.name),
        say(_origin(found, organisations.listed().get(found.id))),
    ]
    if found.website:
        lines.append(say(N_("Website: {url}"), url=Link(found.website)))
    if found.domain:
        lines.append(say(N_("Domain: {domain}"), domain=found.domain))
    if found.funded:
        lines.append(say(N_("Benefit: {funded}"), funded=say(FUNDED[found.funded])))
    if found.testimony:
        lines.append(say(N_("Testimony: “{text}”"), text=found.testimony))
    people = ctx.storage.representatives.people(found.id)
    lines.append(say(N_("Speak for it:")) if people else say(N_("Nobody speaks for it yet.")))
    lines += [_person(ctx, one) for one in people]
    standings = [line for campaign in ctx.storage.campaigns.all() for line in _standing(ctx, campaign, found)]
    if not standings:
        lines[1:2] = [
            say(N_("On no campaign's list. To put it there: {add}"), add=Typed("org add", found.name))
        ]
    return Reply((*lines, *standings))


def _origin(organisation: Organisation, listed: dict[str, object] | None) -> str:
    if listed:
        return LEFT_FILE if listed.get("left") else IN_FILE
    return NAMED if organisation.flagged else ADDED


def _person(ctx: Context, one: Representative) -> Text:
    addresses = ctx.storage.people.addresses(one.person_id)
    who = ", ".join(address.id for address in addresses if address.is_account) or ctx.storage.people.name(
        one.person_id
    )
    text = N_("- {who} (deputy): {how}") if one.deputy else N_("- {who}: {how}")
    return say(text, who=who, how=say(HOW[one.how]))


def _standing(ctx: Context, campaign: Campaign, organisation: Organisation) -> list[Text]:
    member = ctx.storage.campaigns.member(campaign.id, organisation.id)
    if member is None:
        return []
    title, standing = campaign.named, say(STANDINGS[member.standing])
    until = Day(member.deciding_until) if member.standing == "deciding" and member.deciding_until else None
    lines = [
        say(N_("In “{title}”: {standing} until {day}"), title=title, standing=standing, day=until)
        if until
        else say(N_("In “{title}”: {standing}"), title=title, standing=standing)
    ]
    signature = ctx.storage.signatures.standing(campaign.id, organisation.id)
    if signature is not None:
        lines.append(
            say(
                N_("- signature no. {number} by {who}, {at}, version {version} ({language})"),
                number=signature.number,
                who=signature.person_name or say(N_("somebody who was forgotten")),
                at=Moment(signature.signed_at, campaign.timezone),
                version=signature.version,
                language=signature.language,
            )
        )
        if details := _details(signature):
            lines.append(say(N_("- {details}"), details=row(details)))
        if ctx.storage.disputes.of_signature(signature.id):
            lines.append(_disputed(campaign, signature.number))
    return lines


def _details(signature: Signature) -> list[Text]:
    """How sure we are of a signature, and what was said beside it."""
    mandate = say(MANDATES[kind]) if (kind := signature.mandate_kind) in MANDATES else kind
    funded = say(FUNDED[signature.funded]) if signature.funded else ""
    values: dict[str, Value] = {
        "role": signature.role,
        "url": Link(signature.url) if signature.url else "",
        "funded": funded,
        "mandate_kind": mandate,
        "mandate_day": Day(signature.mandate_day) if signature.mandate_day else "",
        "mandate_link": Link(signature.mandate_link) if signature.mandate_link else "",
        "note": signature.note,
    }
    said = [
        say(N_("{field}: {change}"), field=say(acts.FIELDS[column]), change=value)
        for column, value in values.items()
        if value
    ]
    return [say(acts.WORDS[signature.level]), *said]


def _disputed(campaign: Campaign, number: int) -> Text:
    """That a signature is disputed, and what settles it; in a campaign that has ended nothing does any more."""
    disputes = Typed("disputes")
    if campaign.closed_at is not None:
        return say(N_("- ⚠️ disputed; by whom and why: {disputes}"), disputes=disputes)
    return say(
        N_("- ⚠️ disputed; by whom and why: {disputes} · to keep it: {keep} · to end it: {reject}"),
        disputes=disputes,
        keep=Typed("verify", str(number)),
        reject=Typed("reject", f"{number} …"),
    )


IN_FILE = N_("From the organisations' file.")
LEFT_FILE = N_("Was in the organisations' file, and is no longer.")
NAMED = N_("Named in chat by somebody I do not know.")
ADDED = N_("Added in chat.")
MANDATES = {
    "assembly": N_("assembly"),
    "board": N_("board"),
    "consent request": N_("consent request"),
    "delegation": N_("delegation"),
    "collective poll": N_("collective poll"),
}
"""What each kind of mandate is called; any other is in the words that were typed."""
FUNDED = {"direct": N_("direct"), "indirect": N_("indirect"), "none": N_("none")}
"""What each benefit is called."""
