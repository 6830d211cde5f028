"""Saying yes to what the bot just asked."""

from __future__ import annotations

from campaign.chat import N_, say
from commands import answer, reconfirming
from commands.command import Context, Reply, command, reply


@command(
    "confirm",
    fr="confirmer",
    help=N_("Say yes to the question I asked you, or sign again a letter that has changed."),
    example=N_("!confirm"),
    needs_campaign=False,
)
def confirm(ctx: Context) -> Reply | None:
    """Do what the latest question to this person in this room was about; without one, sign a changed letter again."""
    prompt = ctx.storage.prompts.waiting(ctx.person.id, ctx.room.id, ctx.now)
    if prompt is None:
        return reconfirming.unprompted(ctx) or reply(
            N_(
                "There is nothing for you to confirm here. My questions wait for 24 hours: please say the command again."
            )
        )
    if len(prompt.choices) > 1:
        which = say(
            N_("Please reply to my question with a number from 1 to {last}."), last=len(prompt.choices)
        )
        return Reply((which,), purpose=f"prompt:{prompt.id}")
    return answer.run(ctx, prompt, 1)
