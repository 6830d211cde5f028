"""Saying that an organisation is consulting its members, and until when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from campaign.chat import N_, Day, Moment, Text, Typed, Value, say
from campaign.dates import find_day, read_day
from campaign.errors import CampaignError
from commands.command import Context, Prose, Reply, Rest, UsageError, command, reply
from commands.dialogue import naming
from commands.letters import questioning
from commands.line.usage import usage
from commands.organisations import authority, lookup
from commands.signatures import ending, reconfirming

if TYPE_CHECKING:
    from storage.organisations import Organisation
    from storage.questions import Question
    from storage.signatures import Signature


def _signed(ctx: Context, words: str) -> Reply | None:
    """Say that an organisation has signed, before its people are asked for a date: the one that is named, or their only one."""
    mine = authority.shown(ctx)
    names = naming.spoken_for(ctx, deciding, words)
    named = {found.id for name in names if (found := lookup.named(ctx.storage, name)) is not None}
    meant = [one for one in mine if one.id in named] if names else mine
    return _stands(ctx, meant[0]) if len(meant) == 1 else None


def _stands(ctx: Context, organisation: Organisation) -> Reply | None:
    """Say that an organisation has signed, if that does not give way to its people's word that it is deciding."""
    standing = ctx.storage.signatures.standing(ctx.campaign.id, organisation.id)
    if standing is None or _again(ctx, standing) or ending.gives_way(ctx, standing):
        return None
    return reply(
        N_("**{name}** has signed. To take that back: {withdraw}"),
        name=organisation.name,
        withdraw=Typed("withdraw", organisation.name),
    )


def _again(ctx: Context, standing: Signature) -> bool:
    """Whether its people are asked to sign a changed letter again: they may well have to consult first."""
    return standing.level != "declared" and reconfirming.is_asked(ctx, standing)


@command(
    "deciding",
    fr="enréflexion",
    help=N_("Say until when your organisation is deciding; I ask again after that date, not before."),
    example=N_("!deciding in 10 days Nuage Libre note=general assembly"),
    form=True,
    moot=_signed,
)
def deciding(
    ctx: Context,
    until: Day | None = None,
    organisation: Rest = "",
    *,
    leaning: Literal["yes", "no"] | None = None,
    note: Prose = "",
    question: int | None = None,
) -> Reply:
    """Put an organisation's answer off until a day of its own, or until a question has an answer."""
    note = lookup.short(note)
    if until is None and question is None:
        signed = _signed(ctx, organisation)
        if signed is not None:
            return signed
        raise _no_date(ctx, organisation)
    waits_for = None if question is None else _open(ctx, question)
    found = lookup.spoken_for(ctx, organisation)
    campaign, storage = ctx.campaign, ctx.storage
    standing = storage.signatures.standing(campaign.id, found.id)
    signed = _stands(ctx, found)
    if signed is not None:
        return signed
    again = standing is not None and _again(ctx, standing)
    told = ending.replace(ctx, standing) if standing is not None and not again else ()
    member = storage.campaigns.member(campaign.id, found.id)
    storage.campaigns.stand(
        campaign.id,
        found.id,
        "deciding",
        ctx.now,
        deciding_until=until.day if until else None,
        leaning=leaning or "",
        note=note,
        question_id=waits_for.id if waits_for else None,
    )
    if waits_for is not None:
        _wait(ctx, waits_for, found.id)
    storage.audit.note(
        "deciding",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=campaign.id,
        organisation=found.id,
        before=member.word if member else "silent",
        after="deciding",
        until=until.day.isoformat() if until else "",
        question=waits_for.number if waits_for else None,
        leaning=leaning or "",
    )
    noted = (_noted(found.name, until, waits_for), *(_too_late(ctx, until) if until else ()))
    return Reply(noted).also(*told)


def _noted(name: str, until: Day | None, waits_for: Question | None) -> Text:
    if waits_for is None:
        return say(
            N_("Noted: **{name}** is deciding until {day}. I will not ask again before."),
            name=name,
            day=until or "",
        )
    values: dict[str, Value] = {"name": name, "number": waits_for.number, "question": waits_for.text}
    if until is None:
        return say(
            N_(
                "Noted: **{name}** waits for the answer to question {number}, “{question}”. I will tell it, and ask again then."
            ),
            **values,
        )
    return say(
        N_(
            "Noted: **{name}** is deciding until {day}, and waits for the answer to question {number}, “{question}”. I will tell it."
        ),
        **values,
        day=until,
    )


def _too_late(ctx: Context, until: Day) -> tuple[Text, ...]:
    """Say so where the last deadline comes first: whom it has passed by is asked no more."""
    last = max((one.at for one in ctx.storage.deadlines.of_campaign(ctx.campaign.id)), default=None)
    zone = ZoneInfo(ctx.campaign.timezone)
    if last is None or until.day < last.astimezone(zone).date():
        return ()
    return (
        say(
            N_(
                "The deadline is {at}: after it I ask nobody any more. If you need the time, ask the organisers to move it."
            ),
            at=Moment(last, ctx.campaign.timezone).seen(ctx.now),
        ),
    )


def _no_date(ctx: Context, words: str) -> CampaignError:
    """Why nothing was noted: the date cannot be read, or neither a date nor a question was given."""
    if not words:
        return UsageError(usage(deciding, ctx.language))
    local = ctx.now.astimezone(ZoneInfo(ctx.zone))
    written = find_day(words, local)
    if written is not None and written.day is not None and written.day >= local.date():
        at = Typed("deciding", written.day.isoformat())
        return CampaignError(
            say(N_("Deciding until {day}? If so, say {deciding}"), day=Day(written.day), deciding=at)
        )
    try:
        # The reader of dates says what is wrong with it.
        read_day(words, now=ctx.now, zone=ctx.zone, languages=ctx.languages)
    except CampaignError as wrong:
        return wrong
    return UsageError(usage(deciding, ctx.language))


def _open(ctx: Context, number: int) -> Question:
    found = ctx.storage.questions.by_number(ctx.campaign.id, number)
    if found is None:
        raise CampaignError(
            say(N_("There is no question {number}. To ask it: {ask}"), number=number, ask=Typed("ask", "…"))
        )
    if not found.is_open:
        raise CampaignError(
            say(N_("There is nothing to wait for: {question}"), question=questioning.line(found))
        )
    return found


def _wait(ctx: Context, question: Question, organisation_id: int) -> None:
    ctx.storage.questions.wait(
        question.id,
        person_id=ctx.person.id,
        address_id=ctx.person.address_id,
        name=ctx.name,
        organisation_id=organisation_id,
        room_id=ctx.room.id,
        since=ctx.now,
    )
