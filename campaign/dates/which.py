"""Asking back for a date: what was said may be several days, or is none in particular."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, Day, Listing, say
from campaign.errors import CampaignError

if TYPE_CHECKING:
    from datetime import date

    from campaign.chat import Text, Value


class Which(CampaignError):
    """Nothing is taken for a date that may be two: the wrong one would be told to everybody before anybody noticed.

    `readings` are what can be typed instead of what was `said`, each certain. With `examples` they are only some of
    many, else one of them is meant.
    """

    def __init__(
        self, question: Text, readings: tuple[str, ...], *, examples: bool = False, said: str = ""
    ) -> None:
        self.question, self.readings, self.examples, self.said = question, readings, examples, said
        super().__init__(self.asking(readings))

    def asking(self, ways: tuple[Value, ...]) -> Text:
        """The question with these ways to answer it: the readings alone, or the lines that hold them."""
        words = (
            N_("{question} For example: {ways}") if self.examples else N_("{question} Please write {ways}.")
        )
        return say(words, question=self.question, ways=Listing(ways, either=True))

    def behind(self, more: str) -> Which:
        """The same where something certain stands behind the day: a time of day, a zone."""
        readings = tuple(f"{one}{more}" for one in self.readings)
        return Which(self.question, readings, examples=self.examples, said=self.said)

    def about(self, said: str) -> Which:
        """The same of these words, as they were typed."""
        return Which(self.question, self.readings, examples=self.examples, said=said)


def one_of(first: date, second: date) -> Which:
    """One of two days is meant."""
    question = say(N_("{first} or {second}?"), first=Day(first), second=Day(second))
    return Which(question, (first.isoformat(), second.isoformat()))


def within(first: date, last: date, *likely: date) -> Which:
    """Some day from the first to the last is meant, these being likely."""
    question = say(N_("From {first} to {last}: which day?"), first=Day(first), last=Day(last))
    return Which(question, tuple(one.isoformat() for one in likely), examples=True)


def no_day(likely: date) -> Which:
    """No day in particular was said; this is one of many that may be meant."""
    return Which(say(N_("That names no day: which one?")), (likely.isoformat(),), examples=True)
