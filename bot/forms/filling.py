"""One form in somebody's hands, step by step: what is to be filled in, and what comes of it when that is handed in."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.texts.data import clean
from bot.transports.base import Batch, TransportError
from bot.transports.forms import Field, Page
from campaign.chat import N_, Room, Submitted, say
from campaign.errors import CampaignError
from commands.dialogue import forms
from storage.trouble import StorageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from bot.forms.holders import Holders
    from bot.texts.wording import Wording
    from bot.transports.forms import Holder
    from campaign.chat import Text
    from commands.command import Command, Context
    from commands.dialogue.forms import Answered
    from storage.storage import Storage

log = logging.getLogger(__name__)

LONGEST = 4000
"""Characters of a value that are kept."""
NO = "no"
YES = "1"
CHOOSE = N_("Please choose one of what is offered.")
FILL_IN = N_("Please fill in what is required.")


class Filling:
    """A form in its holder's hands, known by its key."""

    def __init__(
        self,
        key: str,
        holder: Holder,
        one: Command,
        holders: Holders,
        take: Callable[[Batch], Awaitable[Mapping[str, Answered]]],
    ) -> None:
        self.holder = holder
        self._key, self._one, self._holders, self._take = key, one, holders, take
        self._campaign = ""
        self._question = 0
        """The question (by id) that is to be answered next."""
        self._offered: tuple[forms.Field, ...] = ()
        self._page: Page | None = None
        """What its holder is shown now."""

    async def show(self) -> Page:
        """Show what is to be filled in next; if that is nothing, what comes of it. Raises TurnedAway."""

        def read(storage: Storage) -> tuple[Context, tuple[forms.Field, ...], Text | None]:
            context = replace(self._holders.context(storage, self.holder), campaign_key=self._campaign)
            try:
                return context, forms.fields(context, self._one), None
            except CampaignError as refused:
                return context, (), refused.text

        context, fields, refusal = await self._holders.read(read)
        if refusal is not None:
            return self._turn(context.language, (refusal,), refused=True)
        self._offered = fields
        if not fields:
            return await self._submit({})
        return self._turn(context.language, (say(self._one.help),), fields)

    async def next(self, step: int | None, values: Mapping[str, str]) -> Page:
        """Take what was filled in at a step, and show what comes next; another step is not taken again. Raises TurnedAway."""
        page = self._page
        if page is not None and (not page.fields or step not in (None, page.step)):
            return page
        return await self._taken(values)

    async def _taken(self, values: Mapping[str, str]) -> Page:
        given = {one.name: values.get(one.name, "")[:LONGEST] for one in self._offered}
        for one in self._offered:
            if one.options and given[one.name] not in {"", *(value for value, _ in one.options)}:
                return await self._again(given, say(CHOOSE))
            if one.required and not given[one.name].strip():
                return await self._again(given, say(FILL_IN))
        if not (self._campaign or self._question) and [*given] == ["campaign"]:
            self._campaign = given["campaign"]
            return await self.show()
        if self._question and given["choice"] == NO:
            language = await self._holders.language(self.holder)
            return self._turn(language, (say(N_("Then nothing was changed.")),))
        return await self._submit(given)

    async def _submit(self, given: Mapping[str, str]) -> Page:
        """Have intake take it, as an event of its own: the same session and step are the same event."""
        step = self._page.step if self._page else 0
        address, exactly = self.holder.address, self.holder.exactly
        # Their address is not kept in it: it stays when they ask to be forgotten.
        named = hashlib.sha256(f"{exactly}\n{self._key}".encode()).hexdigest()[:32]
        submitted = Submitted(
            Room(self._holders.network, address.id),
            f"form:{named}:{step}",
            address,
            address.id.partition("@")[0],
            self._one.name,
            {**given, "campaign": self._campaign} if self._campaign else given,
            self._holders.now(),
            self._question,
            shared=self.holder.shared,
        )
        try:
            answered = (await self._take(Batch((submitted,)))).get(submitted.event)
        except (StorageError, TransportError) as error:
            log.warning("a form was not taken: %s", error, extra={"action": "form"})
            raise await self._holders.later(address) from error
        if answered is None:
            language = await self._holders.language(self.holder)
            return self._turn(language, (say(N_("That was taken already.")),))
        if answered.refused and self._offered and not self._question:
            return await self._again(given, *answered.lines)
        self._question = answered.question
        self._offered = _choice(answered) if answered.question else ()
        return self._turn(answered.language, answered.lines, self._offered, refused=answered.refused)

    async def _again(self, given: Mapping[str, str], *lines: Text) -> Page:
        """Show the same form again, with what stands in it and what is wrong with it."""
        language = await self._holders.language(self.holder)
        fields = tuple(replace(one, value=given.get(one.name, "")) for one in self._offered)
        return self._turn(language, lines, fields, refused=True)

    def _turn(
        self,
        language: str,
        lines: Sequence[Text],
        fields: Sequence[forms.Field] = (),
        *,
        refused: bool = False,
    ) -> Page:
        wording = self._holders.wordings.of(language)
        step = self._page.step + 1 if self._page else 1
        shown = tuple(_shown(one, wording) for one in fields)
        title = wording.plain((say(self._one.help),))
        self._page = Page(self._key, step, title, wording.plain(lines), shown, refused)
        return self._page


def _choice(answered: Answered) -> tuple[forms.Field, ...]:
    """The answers to a question, of which one is to be chosen."""
    label = say(N_("Answer"))
    options: forms.Options = (
        ((YES, say(N_("Yes"))),)
        if len(answered.choices) == 1
        else tuple((str(number), f"{number}. {name}") for number, name in enumerate(answered.choices, 1))
    )
    none = say(N_("No")) if len(answered.choices) == 1 else say(N_("None of these"))
    return (forms.Field("choice", label, required=True, options=(*options, (NO, none))),)


def _shown(one: forms.Field, wording: Wording) -> Field:
    return Field(
        one.name,
        _worded(one.label, wording),
        one.required,
        tuple((value, _worded(label, wording)) for value, label in one.options),
        one.value,
    )


def _worded(label: forms.Label, wording: Wording) -> str:
    return clean(label) if isinstance(label, str) else wording.plain((label,))
