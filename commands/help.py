"""What the bot can do: in a room the few that matter, everything in private."""

from __future__ import annotations

from campaign.chat import N_, Typed, say
from commands import calling, finding
from commands.command import ANYWHERE, Context, Reply, Rest, command, reply
from commands.usage import usage
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
def help_(ctx: Context, command: Rest = "") -> Reply:
    """Show the few in a room, all of them in private, or one command in full."""
    prefix = ctx.house.prefix
    if command and read_choice(command, ("all",)) is None:
        wanted = command.removeprefix(prefix)
        found = finding.find(calling.Line(wanted), ctx.menu)
        if found is None:
            family = finding.family(wanted, ctx.menu)
            if not family:
                return reply(
                    N_("I do not know “{wanted}”. {help} lists what I can do."),
                    wanted=wanted,
                    help=Typed("help"),
                )
            return Reply(tuple(map(finding.summary, family)))
        one = found[0]
        return Reply((say(one.help), usage(one, ctx.language)))
    shown = [one for one in ctx.menu if not one.admin or ctx.is_admin]
    if command or ctx.private or ctx.place == "admin":
        lines = tuple(finding.summary(one) for one in shown if not one.admin)
        if ctx.is_admin and (ctx.private or ctx.place == "admin"):
            lines = (
                *lines,
                say(N_("**For campaigners:**")),
                *(finding.summary(one) for one in shown if one.admin),
            )
        return Reply(private=lines) if ctx.place != "admin" else Reply(lines)
    lines = tuple(finding.summary(one) for one in shown if one.in_short)
    return Reply(
        (
            *lines,
            say(N_("Everything, in private: {help}"), help=Typed("help", in_language("all", ctx.language))),
        )
    )
