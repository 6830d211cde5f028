"""Ending a campaign, and opening it again: what is said before, what ends with it, and who is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, NN_, Link, Text, Typed, say, say_many
from campaign.errors import CampaignError
from commands import tell
from commands.ballots import closing
from commands.clock import timekeeping
from commands.command import Choice, Context, Reply, command
from commands.organisations import uniting
from commands.places import bridging
from commands.reminders import ringing
from commands.signatures import counting, showing
from commands.vocabulary import in_language

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from campaign.chat import Value
    from commands.command import Elsewhere
    from storage.campaigns import Campaign
    from storage.polls import Poll
    from storage.rooms import RoomRow


@command(
    "campaign close",
    fr="campagne clore",
    help=N_("End the campaign: nobody signs, votes or is reminded any more."),
    example=N_("!campaign close"),
    admin=True,
)
def campaign_close(ctx: Context) -> Reply:
    """End a campaign, after asking once more; from then on counts how long people are still remembered.

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
        return Reply(tuple(_before_the_end(ctx, running)), choices=(Choice("campaign close"),))
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
    # Where it is said, another that is open may be meant.
    which = f"{in_language('campaign', ctx.language)}={it.key}" if storage.campaigns.open() else ""
    done = say(
        N_("**{title}** has ended. Its list: {export} · to open it again: {reopen}"),
        title=it.named,
        export=Typed("export", "csv"),
        reopen=Typed("campaign reopen", which),
    )
    return Reply((done, *_not_told(ctx, it))).also(*_told(ctx, it, cancelled), *ended)


def _before_the_end(ctx: Context, running: Sequence[Poll]) -> Iterable[Text]:
    """What will happen, and what to do first: what waits for somebody's word is told, for nobody can give it after that."""
    it, now = ctx.campaign, counting.progress(ctx.storage, ctx.campaign)
    yield say(
        N_(
            "End **{title}**? Nobody signs, votes or is reminded any more, and every room is told. To take the list along first: {export}"
        ),
        title=it.named,
        export=Typed("export", "csv"),
    )
    yield from showing.unverified(now, it)
    yield from showing.of_one_person(now)
    yield from showing.of_earlier(now, it)
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


@command(
    "campaign reopen",
    fr="campagne rouvrir",
    help=N_("Open a campaign again that has ended: people can sign once more."),
    example=N_("!campaign reopen"),
    admin=True,
    even_ended=True,
)
def campaign_reopen(ctx: Context) -> Reply:
    """Open a campaign again, after asking once more; every room is told, as it was of the end.

    What stood stands: signatures, answers, deadlines, questions. What was undone with the end stays so: polls that it
    cancelled, boards, people who were forgotten since. Reminders whose time came meanwhile are not made up for. Two
    organisations that turned out to be one meanwhile are one here as well: else nobody would speak for one of them.
    """
    it, storage = ctx.campaign, ctx.storage
    if it.closed_at is None:
        raise CampaignError(
            say(
                N_(
                    "**{title}** has not ended: there is nothing to open again. A new campaign begins in my config."
                ),
                title=it.named,
            )
        )
    _make_sure_no_voice_is_lost(ctx)
    if not ctx.confirmed:
        return Reply(tuple(_before_it_goes_on(ctx)), choices=(Choice("campaign reopen"),))
    storage.campaigns.reopen(it.id)
    storage.audit.note("campaign reopened", ctx.now, person=ctx.person.id, room=ctx.room.id, campaign=it.id)
    it = storage.campaigns.get(it.id)
    united = storage.merges.go_on(ctx.now)
    for plan in united:
        storage.audit.note(
            "organisations merged",
            ctx.now,
            person=ctx.person.id,
            room=ctx.room.id,
            campaign=it.id,
            organisation=plan.kept,
            other=plan.gone,
        )
    ringing.pass_over(storage, it, ctx.now, "closed")
    timekeeping.pass_over(storage, it, ctx.now)
    open_again = say(
        N_("▶️ **{title}** is open again: {signatures}. To sign: {sign}"),
        title=it.named,
        signatures=showing.signatures(counting.counted(storage, it), it.goal),
        sign=Typed("sign", "…"),
    )
    by = say(N_("▶️ {who} has opened **{title}** again."), who=ctx.name, title=it.named)
    lines = [say(N_("**{title}** is open again."), title=it.named)]
    lines += [line for plan in united for line in uniting.differing(ctx, plan)]
    return Reply((*lines, *_not_told(ctx, it))).also(
        *_in_rooms(ctx, it, open_again),
        *tell.not_here(ctx, tell.admins(storage, ctx.house, by)),
        *(one for plan in united for one in uniting.told(ctx, plan)),
    )


def _make_sure_no_voice_is_lost(ctx: Context) -> None:
    """Raise CampaignError if the collective turned out to be one of the campaign's organisations while it was over."""
    it, storage = ctx.campaign, ctx.storage
    for merge in reversed(storage.merges.standing()):
        both = storage.merges.whole(merge.kept_id)
        others = map(storage.organisations.get, both - {it.collective_id})
        if it.collective_id in both and any(uniting.votes(ctx, it, one) for one in others):
            raise CampaignError(
                say(
                    N_(
                        "**{gone}** was made one with **{kept}**: one is the collective of “{title}”, the other one of its organisations. As one it could neither vote nor sign for itself. First: {unmerge}"
                    ),
                    gone=merge.gone,
                    kept=storage.organisations.get(merge.kept_id).name,
                    title=it.named,
                    unmerge=Typed("org unmerge", merge.gone),
                )
            )


def _before_it_goes_on(ctx: Context) -> Iterable[Text]:
    """What will be as before, and what will not."""
    it, storage = ctx.campaign, ctx.storage
    yield say(
        N_(
            "Open **{title}** again? People can sign and are reminded, and every room is told. Polls that ended with it stay cancelled; boards have to be asked for again."
        ),
        title=it.named,
    )
    for merge in storage.merges.standing():
        if storage.campaigns.member(it.id, merge.gone_id) is not None:
            kept = storage.organisations.get(merge.kept_id)
            yield say(
                N_("**{gone}** turned out to be **{kept}** since: on its list too the two become one."),
                gone=merge.gone,
                kept=kept.name,
            )
    if not any(one.at > ctx.now for one in storage.deadlines.of_campaign(it.id)):
        yield say(N_("It has no deadline ahead: {deadline}"), deadline=Typed("deadline", "…"))
    others = {
        other
        for room in _rooms(ctx, it)
        for other in storage.rooms.campaigns_of(room.id)
        if storage.campaigns.get(other).closed_at is None
    }
    if others:
        yield say(
            N_("Another campaign is open in its rooms: people there will have to say which one they mean.")
        )
    yield say(N_("To do it: {confirm}"), confirm=Typed("confirm"))


def _told(ctx: Context, it: Campaign, cancelled: Sequence[Text]) -> tuple[Elsewhere, ...]:
    """Say once in every room that the campaign is over, and what is cancelled with it; to the other campaigners, by whom."""
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
    by = say(N_("🏁 {who} has ended **{title}**."), who=ctx.name, title=it.named)
    return (
        *_in_rooms(ctx, it, over, *cancelled),
        *tell.not_here(ctx, tell.admins(ctx.storage, ctx.house, by)),
    )


def _in_rooms(ctx: Context, it: Campaign, *lines: Text) -> tuple[Elsewhere, ...]:
    """Say something once in every room of a campaign, also where the bot is let in only later."""
    rooms = _rooms(ctx, it)
    there = {one.id: 0 for one in rooms if one.state == "joined"}
    # Of the sides of a bridge, one where it is said now.
    heard = bridging.one_of_each(ctx.storage, ctx.house, (one for one in rooms if not _is_deaf(one)), there)
    return tell.rooms(heard, *lines)


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
