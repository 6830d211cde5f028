"""How far a campaign is: signed, deciding, declined, silent, sympathy, goal and days left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, NN_, Day, Text, Typed, say, say_many
from commands.command import CAMPAIGNERS, Context, Reply, command
from commands.letters import questioning, revising
from commands.organisations import lookup
from commands.signatures import counting, showing

if TYPE_CHECKING:
    from campaign.chat import Value
    from storage.campaigns import Member


@command(
    "status",
    fr="statut",
    help=N_("Show how far the campaign is."),
    example=N_("!status"),
    in_short=True,
    even_ended=True,
    form=True,
)
def status(ctx: Context) -> Reply:
    """Show the numbers; in private, to those of the campaign, the names of who is deciding and who is silent too."""
    campaign, storage = ctx.campaign, ctx.storage
    now = counting.progress(storage, campaign)
    lines: list[Text] = [
        say(N_("📜 **{title}**"), title=campaign.named),
        *showing.ended(campaign),
        showing.counted(now),
        *showing.of_earlier(now, campaign),
    ]
    standing = now.standings
    line = say(
        N_(
            "Deciding:\N{NO-BREAK SPACE}{deciding} · declared:\N{NO-BREAK SPACE}{declared} · declined:\N{NO-BREAK SPACE}{declined} · no answer yet:\N{NO-BREAK SPACE}{silent}"
        ),
        deciding=standing.get("deciding", 0),
        declared=standing.get("declared", 0),
        declined=standing.get("declined", 0),
        silent=standing.get("silent", 0),
    )
    lines += [showing.standings(now, line), *showing.of_one_person(now)]
    if now.disputed:
        lines.append(showing.disputed(now.disputed))
    if now.sympathies:
        lines.append(
            say_many(
                *NN_("👍 {count} person likes the letter", "👍 {count} people like the letter"),
                now.sympathies,
            )
        )
    lines += _collective(ctx)
    deadlines = storage.deadlines.of_campaign(campaign.id) if campaign.closed_at is None else ()
    if deadlines:
        next_one = next((one for one in deadlines if one.at > ctx.now), deadlines[-1])
        lines.append(showing.days_left(next_one, ctx.now))
    lines += _polls(ctx)
    if ctx.is_admin and ctx.place in CAMPAIGNERS and campaign.closed_at is None:
        lines += questioning.open_ones(storage, campaign.id)
        lines += revising.waiting(storage, campaign)
    return Reply((*lines, *(_names(ctx) if ctx.private and lookup.is_of_the_campaign(ctx) else ())))


def _polls(ctx: Context) -> list[Text]:
    """How many polls can be answered, and how many are over and not counted yet."""
    polls = ctx.storage.polls.of_campaign(ctx.campaign.id, only_open=True)
    over = sum(poll.is_being_counted(ctx.now) for poll in polls)
    counted = (
        (NN_("{count} open poll: {polls}", "{count} open polls: {polls}"), len(polls) - over),
        (
            NN_(
                "{count} poll closed, being counted: {polls}", "{count} polls closed, being counted: {polls}"
            ),
            over,
        ),
    )
    return [say_many(*words, count, polls=Typed("polls")) for words, count in counted if count]


def _collective(ctx: Context) -> list[Text]:
    """Say that the collective itself has signed, and by which poll."""
    which = ctx.campaign.collective_id
    signature = ctx.storage.signatures.standing(ctx.campaign.id, which) if which is not None else None
    if signature is None:
        return []
    poll = ctx.storage.polls.of_signature(signature.id)
    values: dict[str, Value] = {"name": signature.organisation, "number": signature.number}
    if poll is None:
        return [say(N_("🤝 **{name}**, all of us together, has signed (no. {number})"), **values)]
    by_poll = N_("🤝 **{name}**, all of us together, has signed by poll {poll} (no. {number})")
    return [say(by_poll, **values, poll=poll.number)]


def _deciding(one: Member, number: int | None) -> Text:
    """Until when an organisation is deciding, and for which question's answer it waits."""
    if one.deciding_until is None:
        if number is None:
            return say(N_("- {name}: deciding"), name=one.name)
        return say(N_("- {name}: waits for the answer to question {number}"), name=one.name, number=number)
    if number is None:
        return say(N_("- {name}: deciding until {day}"), name=one.name, day=Day(one.deciding_until))
    return say(
        N_("- {name}: deciding until {day}, waits for the answer to question {number}"),
        name=one.name,
        day=Day(one.deciding_until),
        number=number,
    )


def _names(ctx: Context) -> list[Text]:
    members = ctx.storage.campaigns.members(ctx.campaign.id)
    waiting = ctx.storage.questions.waiting(ctx.campaign.id)
    deciding = [one for one in members if one.standing == "deciding"]
    lines = [_deciding(one, waiting.get(one.organisation_id)) for one in deciding]
    earlier = [one.name for one in counting.earlier(ctx.storage, ctx.campaign)]
    if earlier:
        lines.append(say(N_("Signed an earlier version: {names}"), names=", ".join(earlier)))
    collective = ctx.campaign.collective_id
    silent = [
        one.name
        for one in members
        if one.standing == "silent" and not one.flagged and one.organisation_id != collective
    ]
    if silent:
        lines.append(say(N_("No answer yet: {names}"), names=", ".join(silent)))
    return lines
