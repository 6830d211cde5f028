"""Handing the list over as a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from campaign.chat import N_, NN_, File, say, say_many
from campaign.publish import FORMATS
from campaign.signature import Mandate, Signatory, SignatoryList
from commands.command import Context, Reply, command
from commands.organisations.org_words import STANDINGS
from commands.signatures import showing

if TYPE_CHECKING:
    from datetime import datetime

    from storage.campaigns import Campaign
    from storage.lines import Line
    from storage.storage import Storage


@command(
    "export",
    fr="exporter",
    help=N_("Hand you the list as a file: csv and json for campaigners, markdown to publish."),
    example=N_("!export csv"),
    admin=True,
    even_ended=True,
)
def export(
    ctx: Context,
    form: Literal["csv", "json", "markdown"] = "csv",
    *,
    status: Literal["all", "signed", "declared", "deciding", "declined", "withdrawn", "silent"] = "all",
) -> Reply:
    """Hand over the whole list, or those of one standing; never in a campaign's room."""
    file, listed = make(ctx.storage, ctx.campaign, form, ctx.now, status=status, language=ctx.language)
    count = len(listed.signatories)
    if FORMATS[form].public:
        done = say_many(
            *NN_(
                "To publish: {count} organisation whose signature counts.",
                "To publish: {count} organisations whose signatures count.",
            ),
            count,
        )
    elif status == "all":
        done = say_many(*NN_("The list: {count} organisation.", "The list: {count} organisations."), count)
    else:
        done = say_many(
            *NN_(
                "The list, only “{status}”: {count} organisation.",
                "The list, only “{status}”: {count} organisations.",
            ),
            count,
            status=say(STANDINGS[status]),
        )
    disputed = sum(one.disputed for one in listed.signatories)
    marked = (showing.disputed(disputed),) if disputed else ()
    return Reply((done, *marked), file=file)


def make(
    storage: Storage,
    campaign: Campaign,
    form: str,
    now: datetime,
    *,
    status: str = "all",
    language: str,
) -> tuple[File, SignatoryList]:
    """Write the list in one of the formats; return it too, as it is in the file.

    What is made for people to read is in this language and in the campaign's zone.
    """
    overtaken = storage.letters.overtaken(campaign.id)
    lines = [line for line in storage.lines.of_campaign(campaign.id) if status in ("all", line.standing)]
    listing = SignatoryList(
        campaign.title,
        now,
        tuple(_row(line, overtaken, campaign.collective_id) for line in lines),
        campaign.threshold,
        campaign.timezone,
    )
    chosen = FORMATS[form]
    if chosen.public:
        listing = listing.published
    name = f"{campaign.key}-{now:%Y%m%d-%H%M}.{chosen.extension}"
    return File(name, chosen.media_type, chosen.write(listing, language)), listing


def _row(line: Line, overtaken: frozenset[int], collective_id: int | None) -> Signatory:
    mandate = None
    if line.mandate_kind or line.mandate_day or line.mandate_link:
        mandate = Mandate(line.mandate_kind or "", line.mandate_day, line.mandate_link or "")
    # What was declared for an organisation stands behind what is its own.
    own_first = line.level == "declared"
    website = (line.website or line.url) if own_first else (line.url or line.website)
    funded = (line.funded or line.signature_funded) if own_first else (line.signature_funded or line.funded)
    own_word = line.standing in ("deciding", "declined", "withdrawn")
    return Signatory(
        organisation=line.organisation,
        standing=line.standing,
        number=line.number,
        website=website or "",
        level=line.level,
        network=line.network or "",
        address=line.address or "",
        person=line.person or "",
        role=line.role or "",
        funded=funded or None,
        mandate=mandate,
        letter_version=str(line.version or ""),
        letter_language=line.language or "",
        signed_at=line.signed_at,
        note=line.note if own_word else line.signature_note or "",
        deciding_until=line.deciding_until if own_word else None,
        testimony=line.testimony,
        disputed=line.disputed,
        letter_current=None if line.letter_id is None else line.letter_id not in overtaken,
        reconfirmed_at=line.reconfirmed_at,
        may_be_named=bool(line.may_be_named) and line.level != "declared",
        collective=line.organisation_id == collective_id,
    )
