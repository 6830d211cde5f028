"""What the bot can do: in a room the few that matter, everything in private."""

from __future__ import annotations

from campaign.chat import N_, Typed, say
from commands import grammar
from commands.command import ANYWHERE, Context, Reply, Rest, command, reply
from commands.vocabulary import in_language, read_choice


@command(
    "help",
    fr="aide",
    help=N_("Show what I can do, or how to use a command."),
    example=N_("!help sign"),
    in_short=True,
    needs_campaign=False,
    where=ANYWHERE,
)
def help_(ctx: Context, about: Rest = "") -> Reply:
    """Show the few in a room, all of them in private, or one command in full."""
    prefix = ctx.house.prefix
    if about and read_choice(about, ("all",)) is None:
        wanted = about.removeprefix(prefix)
        found = grammar.find(grammar.Line(wanted), ctx.menu)
        if found is None:
            family = grammar.family(wanted, ctx.menu)
            if not family:
                return reply(
                    N_("I do not know “{wanted}”. {help} lists what I can do."),
                    wanted=wanted,
                    help=Typed("help"),
                )
            return Reply(tuple(map(grammar.summary, family)))
        one = found[0]
        return Reply((say(one.help), grammar.usage(one, ctx.language)))
    shown = [one for one in ctx.menu if not one.admin or ctx.is_admin]
    if about or ctx.private or ctx.place == "admin":
        lines = tuple(grammar.summary(one) for one in shown if not one.admin)
        if ctx.is_admin and (ctx.private or ctx.place == "admin"):
            lines = (
                *lines,
                say(N_("**For campaigners:**")),
                *(grammar.summary(one) for one in shown if one.admin),
            )
        return Reply(private=lines) if ctx.place != "admin" else Reply(lines)
    lines = tuple(grammar.summary(one) for one in shown if one.in_short)
    return Reply(
        (
            *lines,
            say(N_("Everything, in private: {help}"), help=Typed("help", in_language("all", ctx.language))),
        )
    )
