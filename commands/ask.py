"""Asking a question about the letter: registered once for all rooms, and answered at once if it was before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, Listing, Text, Typed, say
from campaign.errors import CampaignError
from campaign.question import MOST_OF_STRANGERS, MOST_OPEN, likest, normal_question, tidy_question
from commands import tell
from commands.command import Choice, Context, Elsewhere, Reply, Rest, command
from commands.letters import questioning
from commands.organisations import lookup

if TYPE_CHECKING:
    from storage.questions import Question

COMPARED = 500
"""How many questions a new one is compared with: the newest."""


@command(
    "ask",
    fr="question",
    help=N_("Ask a question about the letter; I tell you here once it is answered."),
    example=N_("!ask Where does the money go?"),
    where=frozenset({"campaign", "admin", "private"}),
    form=True,
)
def ask(ctx: Context, question: Rest) -> Reply:
    """Register a question, unless it was asked before: then give its answer, or let the person wait for it too."""
    text = tidy_question(question)
    if ctx.private and not lookup.is_of_the_campaign(ctx):
        raise CampaignError(
            say(N_("I do not know you from this campaign yet: please ask in one of its rooms."))
        )
    known = None if ctx.confirmed else _asked_before(ctx, text)
    if known is not None:
        return _again(ctx, known, text)
    _make_room(ctx)
    campaign, storage = ctx.campaign, ctx.storage
    new = storage.questions.ask(
        campaign.id,
        text=text,
        normal=normal_question(text),
        person_id=ctx.person.id,
        room_id=ctx.room.id,
        asked_at=ctx.now,
    )
    _wait(ctx, new)
    storage.audit.note(
        "asked", ctx.now, person=ctx.person.id, room=ctx.room.id, campaign=campaign.id, question=new.number
    )
    noted = say(
        N_("❓ Noted as question {number}. I will tell you here once it is answered."), number=new.number
    )
    return Reply((noted,)).also(*_to_campaigners(ctx, new))


def _asked_before(ctx: Context, text: str) -> Question | None:
    questions = ctx.storage.questions
    found = questions.exactly(ctx.campaign.id, normal_question(text))
    if found is None:
        near = likest(text, questions.words(ctx.campaign.id, COMPARED))
        found = questions.same(near[0]) if near else None
    return found if found is not None and (found.is_open or found.answered_at is not None) else None


def _again(ctx: Context, known: Question, text: str) -> Reply:
    if known.is_open:
        _wait(ctx, known)
        line = say(
            N_("❓ That is question {number}, “{question}”, still open. I will tell you here too."),
            number=known.number,
            question=known.text,
        )
    else:
        line = say(N_("💡 {question}"), question=questioning.line(known))
    offers = (say(N_("ask it all the same")), say(N_("show what is like it")))
    other = say(
        N_("Not your question? Reply to this message with a number, or say {pick}: {choices}"),
        pick=Typed("confirm", "1"),
        choices=Listing(
            tuple(say(N_("{number}. {name}"), number=i, name=one) for i, one in enumerate(offers, 1)),
            either=True,
        ),
    )
    choices = (Choice("ask", {"question": text}), Choice("context", {"about": text}))
    return Reply((line, other), choices=choices)


def _wait(ctx: Context, question: Question) -> None:
    ctx.storage.questions.wait(
        question.id,
        person_id=ctx.person.id,
        address_id=ctx.person.address_id,
        name=ctx.name,
        room_id=ctx.room.id,
        reply_to=ctx.event,
        thread=ctx.thread,
        since=ctx.now,
    )


def _make_room(ctx: Context) -> None:
    """Refuse one more from somebody who has asked a lot, or when people nobody knows have: the register is for all."""
    questions, campaign = ctx.storage.questions, ctx.campaign
    if ctx.is_admin:
        return
    if questions.open_count(campaign.id, ctx.person.id) >= MOST_OPEN:
        raise CampaignError(
            say(
                N_("{count} questions of yours are open already. Please wait until one of them is answered."),
                count=MOST_OPEN,
            )
        )
    stranger = not ctx.storage.organisations.of_person(ctx.person.id)
    if stranger and questions.open_count(campaign.id) >= MOST_OF_STRANGERS:
        raise CampaignError(
            say(
                N_(
                    "Many questions are open just now, so I only take those of people I know to speak for an organisation. Please ask later, or ask a campaigner."
                )
            )
        )


def _to_campaigners(ctx: Context, new: Question) -> tuple[Elsewhere, ...]:
    told: Text = say(
        N_("❓ Question {number}, from {who} ({address}): “{question}” To answer: {answer}"),
        number=new.number,
        who=ctx.name,
        address=ctx.address.id if ctx.address.is_account else ctx.room.label,
        question=new.text,
        answer=Typed("answer", f"{new.number} …"),
    )
    return tell.not_here(ctx, tell.admins(ctx.storage, ctx.house, told))
