"""The campaigners' side of the questions: those that are open, answering one, putting one away."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

from campaign.chat import N_, NN_, Day, Listing, Text, Typed, Value, say, say_many
from campaign.errors import CampaignError
from campaign.question import read_sources, tidy_answer
from commands.command import Choice, Context, Options, Prose, Reply, command, reply
from commands.letters import questioning
from commands.organisations import lookup

if TYPE_CHECKING:
    from commands.command import Elsewhere
    from storage.questions import Question

MOST = 15
"""How many are listed: those that wait longest."""


@command(
    "questions",
    fr="questions",
    help=N_("List the questions that wait for an answer."),
    example=N_("!questions"),
    admin=True,
    even_ended=True,
)
def questions(ctx: Context) -> Reply:
    """List who asked what, where and since when, and how many organisations wait."""
    storage, campaign = ctx.storage, ctx.campaign
    found = storage.questions.open(campaign.id)
    if not found:
        return reply(N_("No question is open."))
    waiting = Counter(storage.questions.waiting(campaign.id).values())
    lines: list[Text] = [
        say_many(*NN_("**{count} open question:**", "**{count} open questions:**"), len(found))
    ]
    for one in found[:MOST]:
        values: dict[str, Value] = {
            "number": one.number,
            "question": one.text,
            "who": storage.people.name(one.person_id) or say(N_("somebody who was forgotten")),
            "where": _where(ctx, one),
            "day": Day(one.asked_at.date()),
        }
        lines.append(
            say_many(
                *NN_(
                    "{number}. “{question}” — {who}, {where}, {day}; {count} organisation waits",
                    "{number}. “{question}” — {who}, {where}, {day}; {count} organisations wait",
                ),
                waiting[one.number],
                **values,
            )
            if waiting[one.number]
            else say(N_("{number}. “{question}” — {who}, {where}, {day}"), **values)
        )
    if len(found) > MOST:
        lines.append(say_many(*NN_("… and {count} newer one", "… and {count} newer ones"), len(found) - MOST))
    lines.append(
        say(
            N_("To answer: {answer} · to put one away: {close}"),
            answer=Typed("answer", f"{found[0].number} …"),
            close=Typed("questions close", str(found[0].number)),
        )
    )
    return Reply(tuple(lines))


def _where(ctx: Context, one: Question) -> Text:
    room = ctx.storage.rooms.get(one.room_id) if one.room_id is not None else None
    if room is None or room.direct:
        return say(N_("in private"))
    return say(N_("in {room}"), room=room.label)


@command(
    "answer",
    fr="répondre",
    help=N_("Answer a question, everywhere it was asked."),
    example=N_("!answer 1 To small teams, for what all can use source=https://example.org/accounts"),
    admin=True,
    even_ended=True,
)
def answer(
    ctx: Context, number: int, text: Prose, *, source: Options = "", tell: Literal["yes", "no"] | None = None
) -> Reply:
    """Answer a question once for all rooms. Who changes an answer says whether those who had it are told again."""
    text, sources = tidy_answer(text), read_sources(source)
    question = _numbered(ctx, number)
    # New words seldom mean that what they rest on is wrong: it stays unless something else is given.
    sources = sources or question.sources
    if question.closed_at is not None:
        raise CampaignError(
            say(N_("Question {number} was put away, so nobody waits for an answer."), number=question.number)
        )
    if question.answered_at is not None and tell is None:
        return _which(question, text, source, sources)
    ctx.storage.questions.change(
        question.id,
        answer=text,
        sources=sources,
        answered_by=ctx.person.id,
        answered_at=ctx.now if question.answered_at is None else question.answered_at,
    )
    _note(ctx, "question answered" if question.answered_at is None else "answer changed", question)
    if question.answered_at is not None and tell == "no":
        return reply(
            N_("The answer to question {number} is changed; nobody was told."), number=question.number
        )
    told = questioning.settled(
        ctx.storage,
        ctx.campaign,
        ctx.storage.questions.get(question.id),
        ctx.now,
        again=question.answered_at is not None,
    )
    return _done(ctx, question, say(N_("Question {number} is answered."), number=question.number), told)


def _which(question: Question, text: str, source: str, sources: list[str]) -> Reply:
    """Ask whether those who had the answer are to be told the new one."""
    if (text, sources) == (question.answer, question.sources):
        raise CampaignError(
            say(N_("That is the answer to question {number} already."), number=question.number)
        )
    offers = (say(N_("change it and tell everybody again")), say(N_("change it and tell nobody")))
    ask = say(
        N_(
            "Question {number} has an answer: “{answer}” Reply to this message with a number, or say {pick}: {choices}"
        ),
        number=question.number,
        answer=question.answer,
        pick=Typed("confirm", "1"),
        choices=Listing(
            tuple(say(N_("{number}. {name}"), number=i, name=one) for i, one in enumerate(offers, 1)),
            either=True,
        ),
    )
    said = {"number": question.number, "text": text, "source": source}
    return Reply(
        (ask,), choices=tuple(Choice("answer", {**said, "tell": choice}) for choice in ("yes", "no"))
    )


@command(
    "questions close",
    fr="questions clore",
    help=N_(
        "Put a question away: it is not ours, or the same as another. Whoever asked is told why, where they asked."
    ),
    example=N_("!questions close 1 That is not about the letter"),
    admin=True,
    even_ended=True,
)
def questions_close(ctx: Context, number: int, why: Prose = "", *, same: int | None = None) -> Reply:
    """Put an open question away, after asking once more, and tell why; or as the `same` as another, whose answer is told instead."""
    why, storage = lookup.short(why), ctx.storage
    question = _numbered(ctx, number)
    if not question.is_open or question.number != number:
        raise CampaignError(say(N_("Question {number} is not open any more."), number=number))
    kept = None if same is None else _numbered(ctx, same)
    if kept is not None and (kept.id == question.id or kept.closed_at is not None):
        raise CampaignError(
            say(N_("Question {number} cannot stand for it: please give another one."), number=kept.number)
        )
    if not ctx.confirmed:
        said = {"number": number, "why": why, **({} if same is None else {"same": same})}
        return Reply((_whether(question, kept),), choices=(Choice("questions close", said),))
    if kept is None:
        storage.questions.change(question.id, closed_at=ctx.now, answer=why)
        _note(ctx, "question closed", question)
        told = questioning.settled(storage, ctx.campaign, storage.questions.get(question.id), ctx.now)
        return _done(ctx, question, say(N_("Question {number} is put away."), number=number), told)
    storage.questions.change(question.id, closed_at=ctx.now, same_id=kept.id)
    storage.questions.move(question.id, kept.id)
    _note(ctx, "question closed", question, same=kept.number)
    told = questioning.settled(storage, ctx.campaign, kept, ctx.now) if kept.answered_at is not None else ()
    done = say(
        N_("Question {number} is the same as question {kept}: who waits for one waits for the other."),
        number=number,
        kept=kept.number,
    )
    return _done(ctx, question, done, told)


def _whether(question: Question, kept: Question | None) -> Text:
    """Ask whether this question is meant: what was told once cannot be told back."""
    values: dict[str, Value] = {
        "number": question.number,
        "question": question.text,
        "confirm": Typed("confirm"),
    }
    if kept is None:
        return say(
            N_(
                "Put question {number} away (“{question}”)? Whoever waits is told, and it cannot be opened again. To do it: {confirm}"
            ),
            **values,
        )
    return say(
        N_(
            "Put question {number} (“{question}”) away as the same as question {kept} (“{other}”)? It cannot be opened again. To do it: {confirm}"
        ),
        **values,
        kept=kept.number,
        other=kept.text,
    )


def _numbered(ctx: Context, number: int) -> Question:
    found = ctx.storage.questions.by_number(ctx.campaign.id, number)
    if found is None:
        raise CampaignError(
            say(
                N_("There is no question {number}. Those that are open: {questions}"),
                number=number,
                questions=Typed("questions"),
            )
        )
    return found


def _note(ctx: Context, act: str, question: Question, **details: Any) -> None:  # noqa: ANN401 - plain values, as JSON keeps them
    ctx.storage.audit.note(
        act,
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=ctx.campaign.id,
        question=question.number,
        **details,
    )


def _done(ctx: Context, question: Question, line: Text, told: tuple[Elsewhere, ...]) -> Reply:
    """Say what was done and where it was told, but in this very room, where it is seen."""
    lines = [line]
    rooms = [ctx.storage.rooms.get(one.room_id) for one in told if one.room_id is not None]
    if rooms:
        names: list[Value] = [room.label for room in rooms if not room.direct]
        if any(room.direct for room in rooms):
            names.append(say(N_("in private")))
        lines.append(say(N_("Told: {rooms}."), rooms=Listing(tuple(names))))
    missing = (
        {wait.room_id for wait in ctx.storage.questions.waits(question.id)}
        if told or not question.is_open
        else set()
    )
    lines += [
        say(
            N_("Not told in {room}: I am not in it. I will once I am."), room=ctx.storage.rooms.get(one).label
        )
        for one in sorted(missing)
        if ctx.storage.rooms.get(one).state == "parked"
    ]
    return Reply(tuple(lines)).also(*told)
