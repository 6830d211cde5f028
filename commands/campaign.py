"""What a campaign is set to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, NN_, Link, Listing, Text, Typed, say, say_many
from campaign.errors import CampaignError
from commands import tell
from commands.ballots import closing
from commands.command import Choice, Context, Reply, command
from commands.letters import questioning
from commands.places import bridging
from commands.reminders import previewing
from commands.signatures import counting, showing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from campaign.chat import Value
    from commands.command import Elsewhere
    from storage.campaigns import Campaign
    from storage.polls import Poll
    from storage.rooms import RoomRow


@command(
    "campaign",
    fr="campagne",
    help=N_("Show what the campaign is set to."),
    example=N_("!campaign"),
    admin=True,
    even_ended=True,
)
def campaign(ctx: Context) -> Reply:
    """Show the settings a campaigner may wonder about."""
    it = ctx.campaign
    letters = ctx.storage.letters.current(it.id)
    lines: list[Text] = [
        say(N_("**{title}** (campaign={key})"), title=it.named, key=it.key),
        *showing.ended(it),
        say(
            N_("Letter: {versions}"),
            versions=Listing(
                tuple(
                    say(
                        N_("{language} (version {version})"),
                        language=say(LANGUAGES[one.language]),
                        version=one.version,
                    )
                    for one in letters
                )
            ),
        ),
        say(COUNTS[it.threshold]),
        say(N_("Goal: {goal}"), goal=it.goal) if it.goal else say(N_("Goal: none")),
    ]
    if it.closed_at is not None:
        return Reply(tuple(lines))
    lines.append(_reminders(it))
    lines += previewing.pauses(it, ctx.now)
    lines += [showing.deadline(one) for one in ctx.storage.deadlines.of_campaign(it.id)]
    lines += questioning.open_ones(ctx.storage, it.id)
    return Reply(tuple(lines))


@command(
    "campaign close",
    fr="campagne clore",
    help=N_("End the campaign: nobody signs, votes or is reminded any more."),
    example=N_("!campaign close"),
    admin=True,
)
def campaign_close(ctx: Context) -> Reply:
    """End a campaign for good, after asking once more; from then on counts how long people are still remembered.

    Its polls end with it, uncounted: nobody would close them any more. Not before the result of one that is over was
    said, for that is promised.
    """
    it, storage = ctx.campaign, ctx.storage
    running = [poll for poll in storage.polls.of_campaign(it.id) if poll.closed_at is None]
    over = next((poll for poll in running if poll.begun and poll.closes_at <= ctx.now), None)
    if over is not None:
        raise CampaignError(
            say(
                N_(
                    "Poll {number} is over, and its result follows: please end the campaign after that. To give the poll up: {cancel}"
                ),
                number=over.number,
                cancel=Typed("poll cancel", str(over.number)),
            )
        )
    if not ctx.confirmed:
        return Reply(tuple(_before_the_end(it, running)), choices=(Choice("campaign close"),))
    cancelled: list[Text] = []
    ended: list[Elsewhere] = []
    for poll in running:
        lines, ends = closing.call_off(storage, poll, ctx.now)
        cancelled += lines
        ended += ends
        storage.audit.note(
            "poll cancelled",
            ctx.now,
            person=ctx.person.id,
            room=ctx.room.id,
            campaign=it.id,
            poll=poll.number,
        )
    storage.campaigns.close(it.id, ctx.now)
    storage.audit.note("campaign closed", ctx.now, person=ctx.person.id, room=ctx.room.id, campaign=it.id)
    done = say(N_("**{title}** has ended. Its list: {export}"), title=it.named, export=Typed("export", "csv"))
    return Reply((done, *_not_told(ctx, it))).also(*_told(ctx, it, cancelled), *ended)


def _before_the_end(it: Campaign, running: Sequence[Poll]) -> Iterable[Text]:
    """What will happen, and what to do first."""
    yield say(
        N_(
            "End **{title}** for good? Nobody signs, votes or is reminded any more, and every room is told. To take the list along first: {export}"
        ),
        title=it.named,
        export=Typed("export", "csv"),
    )
    if running:
        yield say_many(
            *NN_(
                "{count} poll that is open or planned will be cancelled, uncounted: no. {numbers}.",
                "{count} polls that are open or planned will be cancelled, uncounted: no. {numbers}.",
            ),
            len(running),
            numbers=", ".join(str(poll.number) for poll in running),
        )
    yield say(N_("To do it: {confirm}"), confirm=Typed("confirm"))


def _told(ctx: Context, it: Campaign, cancelled: Sequence[Text]) -> tuple[Elsewhere, ...]:
    """Say once in every room that the campaign is over, and what is cancelled with it; to the other campaigners, by whom.

    Also where the bot is let in only later.
    """
    values: dict[str, Value] = {
        "title": it.named,
        "signatures": showing.signatures(counting.counted(ctx.storage, it), it.goal),
        "list": Typed("signatories"),
    }
    over = (
        say(
            N_(
                "🏁 **{title}** is over: {signatures}. Thank you! The letter: {link} · who has signed: {list}"
            ),
            link=Link(it.link),
            **values,
        )
        if it.link
        else say(N_("🏁 **{title}** is over: {signatures}. Thank you! Who has signed: {list}"), **values)
    )
    rooms = _rooms(ctx, it)
    there = {one.id: 0 for one in rooms if one.state == "joined"}
    # Of the sides of a bridge, one where it is said now.
    heard = bridging.one_of_each(ctx.storage, ctx.house, (one for one in rooms if not _is_deaf(one)), there)
    by = say(N_("🏁 {who} has ended **{title}**."), who=ctx.name, title=it.named)
    return (
        *tell.rooms(heard, over, *cancelled),
        *tell.not_here(ctx, tell.admins(ctx.storage, ctx.house, by)),
    )


def _not_told(ctx: Context, it: Campaign) -> Iterable[Text]:
    """Name the rooms that are not told: the bot was sent away from them, and from what a bridge joins to them."""
    rooms = _rooms(ctx, it)
    hearing = {one.id: 0 for one in rooms if not _is_deaf(one)}
    for room in bridging.one_of_each(ctx.storage, ctx.house, rooms, hearing):
        if _is_deaf(room):
            yield say(N_("Not told: {room}, where I am not."), room=room.label)


def _rooms(ctx: Context, it: Campaign) -> Sequence[RoomRow]:
    return [one for one in ctx.storage.rooms.of_campaign(it.id, joined=False) if not one.admin]


def _is_deaf(room: RoomRow) -> bool:
    """Whether nothing that is put there waits for the bot to be let in."""
    return room.state == "parked" and not room.is_awaited


COUNTS = {
    "verified": N_(
        "Signatures count once a second person of the organisation, or a campaigner, has confirmed them."
    ),
    "confirmed": N_("Signatures count once they are confirmed or verified."),
    "declared": N_("Signatures count as soon as they are declared."),
}
"""What each threshold means."""


LANGUAGES = {"fr": N_("in French"), "en": N_("in English")}
"""What is said of a text, by its language."""


def _reminders(it: Campaign) -> Text:
    """How long before a deadline people are reminded, and at which time of day."""
    if not it.reminders:
        return say(N_("Reminders before a deadline: none"))
    opens, _, closes = it.civil_hours.partition("-")
    offsets = Listing(tuple(_before(one) for one in it.reminders))
    if opens == closes:
        return say(
            N_("Reminders: {offsets} before a deadline, at any hour ({zone})"),
            offsets=offsets,
            zone=it.timezone,
        )
    return say(
        N_("Reminders: {offsets} before a deadline, between {opens} and {closes} ({zone})"),
        offsets=offsets,
        opens=opens,
        closes=closes,
        zone=it.timezone,
    )


UNITS = (
    (86400, NN_("{count} day", "{count} days")),
    (3600, NN_("{count} hour", "{count} hours")),
    (60, NN_("{count} minute", "{count} minutes")),
)
"""Seconds of a unit of time, and how many of it are said."""


def _before(seconds: int) -> Text:
    """A length of time in the largest unit that it is whole in; below a minute nothing is told apart."""
    length, words = next((one for one in UNITS if seconds % one[0] == 0), UNITS[-1])
    return say_many(*words, seconds // length)
