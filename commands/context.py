"""What was asked about the letter, and the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, NN_, Text, Typed, say, say_many
from campaign.question import NEAR, holds, likest, normal_question
from commands.command import Context, Reply, Rest, command, reply
from commands.letters import questioning
from commands.line.calling import take_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.questions import Question

IN_A_ROOM, ALONE = 3, 20
"""How many are shown in a room, and in private."""


@command(
    "context",
    fr="contexte",
    help=N_("Show the questions about the letter and their answers, or search them."),
    example=N_("!context money"),
    form=True,
    even_ended=True,
)
def context(ctx: Context, about: Rest = "") -> Reply:
    """Show the newest answers, one question by its number, or those that are like some words."""
    number, following = take_number(about.split())
    if number is not None and not following:
        found = ctx.storage.questions.by_number(ctx.campaign.id, number)
        if found is None:
            return reply(
                N_("There is no question {number}. All of them: {context}"),
                number=number,
                context=Typed("context"),
            )
        return Reply((questioning.line(found),))
    answered = ctx.storage.questions.answered(ctx.campaign.id)
    if about:
        return _search(ctx, about, (*answered, *ctx.storage.questions.open(ctx.campaign.id)))
    if not answered and ctx.campaign.closed_at is not None:
        return reply(N_("No question has been answered."))
    if not answered:
        return reply(N_("No question has been answered yet. To ask one: {ask}"), ask=Typed("ask", "…"))
    lines: list[Text] = [
        say_many(
            *NN_("**{count} answer about the letter**", "**{count} answers about the letter**"), len(answered)
        )
    ]
    return Reply((*lines, *_shown(ctx, answered)))


def _search(ctx: Context, about: str, known: Sequence[Question]) -> Reply:
    wanted = normal_question(about)
    by_id = {one.id: one for one in known}
    words = {one.id: f"{normal_question(one.text)} {normal_question(one.answer)}" for one in known}
    holding = [which for which, said in words.items() if holds(said, wanted)]
    near = likest(about, ((one.id, normal_question(one.text)) for one in known), NEAR)
    found = [by_id[which] for which in dict.fromkeys((*holding, *near))]
    if not found and ctx.campaign.closed_at is not None:
        return reply(N_("No question speaks of “{words}”."), words=about)
    if not found:
        return reply(
            N_("No question speaks of “{words}”. To ask it: {ask}"), words=about, ask=Typed("ask", "…")
        )
    return Reply(tuple(_shown(ctx, found)))


def _shown(ctx: Context, found: Sequence[Question]) -> list[Text]:
    most = ALONE if ctx.private else IN_A_ROOM
    lines = [questioning.line(one) for one in found[:most]]
    if len(found) > most and ctx.private:
        lines.append(say(N_("Older ones by number or word: {context}"), context=Typed("context", "…")))
    elif len(found) > most:
        lines.append(
            say(N_("The others in private, or by number or word: {context}"), context=Typed("context", "…"))
        )
    return lines
