"""Showing the rules by which polls are decided, and what can be changed of them before a poll opens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from campaign.chat import N_, Listing, Named, Text, Typed, say
from campaign.decision import NONE, PARAMETER_WORDS, PARAMETERS, PRESETS, described, present
from campaign.errors import CampaignError
from commands.ballots import polling
from commands.command import Context, Reply, command, reply
from commands.replies import row
from commands.vocabulary import fold, in_language

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from campaign.decision import Parameter


@command(
    "poll rules",
    fr="scrutin règles",
    help=N_("Show the rules by which polls are decided, and what can be changed of them."),
    example=N_("!poll rules consent"),
    admin=True,
)
def poll_rules(
    ctx: Context,
    procedure: Literal["consent", "consensus", "lazy", "majority", "veto", "two-thirds", "collective"]
    | None = None,
    setting: str = "",
) -> Reply:
    """Name the rules; show one of them with what can be changed of it, in a few lines; or explain one such setting."""
    if procedure is None:
        names = ", ".join(in_language(name, ctx.language) for name in PRESETS)
        return reply(
            N_("Rules: {names}. One of them in full: {rules}"), names=names, rules=Typed("poll rules", "…")
        )
    rules = PRESETS[procedure]
    values = present(rules)
    if setting:
        one = PARAMETERS.get(PARAMETER_WORDS.get(fold(setting.removesuffix("=")), ""))
        if one is None:
            raise CampaignError(
                say(
                    N_("“{setting}” is nothing that can be changed. What can be: {names}"),
                    setting=setting,
                    names=Listing(
                        tuple(Named({"en": each.name, "fr": each.french[0]}) for each in PARAMETERS.values())
                    ),
                )
            )
        return Reply((_explained(one, values.get(one.name)),))
    eligible = len(polling.electorate(ctx.storage, ctx.campaign))
    more = Typed(
        "poll rules", f"{in_language(procedure, ctx.language)} {in_language('quorum', ctx.language)}"
    )
    return Reply(
        (
            *described(rules, eligible),
            say(N_("What can be changed as a poll is opened:")),
            *(
                say(N_("- {topic}: {settings}"), topic=say(topic), settings=_settings(names, values))
                for topic, names in TOPICS.items()
            ),
            say(N_("What one of them means: {more}"), more=more),
        )
    )


TOPICS: Mapping[str, Sequence[str]] = {
    N_("Answers"): ("choices", "reason"),
    N_("Passing"): ("minimum", "threshold", "strict", "base", "quorum", "silence"),
    N_("Blocking"): ("blocks", "extension", "late"),
    N_("Time"): ("duration", "days", "holidays", "early"),
    N_("Text"): ("text",),
}
"""What each of the settings is about."""


def _settings(names: Sequence[str], values: Mapping[str, Named]) -> Text:
    """Some settings in one line, as they would be typed: first those that this rule sets."""
    ordered = sorted(names, key=lambda name: name not in values or values[name] == NONE)
    return row([_set(PARAMETERS[name], values.get(name)) for name in ordered])


def _set(one: Parameter, value: Named | None) -> Text:
    name = Named({"en": one.name, "fr": one.french[0]})
    if value is None:
        return say(N_("`{name}=`"), name=name)
    return say(N_("`{name}={value}`"), name=name, value=value)


def _explained(one: Parameter, value: Named | None) -> Text:
    return say(
        N_("{setting} — {help}. For example: `{example}`"),
        setting=_set(one, value),
        help=say(one.help),
        example=say(one.example),
    )
