"""Ballots in any order and by any way, beside a model of them that is a page long: what stands, and what it comes to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from campaign.chat import Balloted, Reacted, Redacted, Said
from commands.ballots import polling
from tests.commands.machine import Machine
from tests.commands.stage import voice
from tests.commands.test_ballots import CHOICES, FC, JDW, NL, opened_poll

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.storage import Storage

SPEAKS = {"Camille": NL, "Dom": NL, "Robin": FC, "Ines": JDW}
ON_MATRIX = ("Camille", "Ines")
anybody, choice = st.sampled_from(sorted(SPEAKS)), st.sampled_from(CHOICES)


@dataclass(frozen=True)
class Given:
    """What stands for an organisation, by whom and how it was given."""

    choice: str
    person: str
    way: str
    event: str
    reason: str = ""
    resolved: bool = False


class Voting(Machine):
    """People who vote, and take it back, and are let and not let speak; all of it live."""

    def __init__(self) -> None:
        super().__init__()
        self.held = self.runner.run(opened_poll(self.stage))
        self.model: dict[str, Given] = {}
        self.may = set(SPEAKS)
        self.events: list[Said | Balloted | Reacted] = []
        self.over = False

    def answer(self, way: str, name: str, choice: str) -> Said | Balloted | Reacted:
        """Let somebody answer one way or another."""
        event = self.held.event(way, voice(name), choice)
        assert isinstance(event, Said | Balloted | Reacted)
        self.take(event)
        self.events.append(event)
        return event

    def given(
        self, name: str, choice: str, way: str, event: Said | Balloted | Reacted, reason: str = ""
    ) -> None:
        if self.over or name not in self.may:
            return
        before = self.model.get(SPEAKS[name])
        # Only what is written can give a reason, and so give none: but an objection would not be one without it.
        stays = way or choice == "objection"
        if stays and not reason and before and before.choice == choice and not before.resolved:
            reason = before.reason
        self.model[SPEAKS[name]] = Given(choice, name, way, event.event, reason)

    @rule(name=anybody, choice=choice, why=st.booleans())
    def says(self, *, name: str, choice: str, why: bool) -> None:
        event = self.answer("text", name, f"{choice} because of that" if why else choice)
        self.given(name, choice, "", event, "because of that" if why else "")

    @rule(name=anybody)
    def says_none(self, name: str) -> None:
        self.answer("text", name, "retract")
        if not self.over and name in self.may:
            self.model.pop(SPEAKS[name], None)

    @rule(name=st.sampled_from(ON_MATRIX), choice=choice)
    def chooses(self, name: str, choice: str) -> None:
        event = self.answer("native", name, choice)
        self.given(name, choice, "native", event)

    @rule(name=st.sampled_from(ON_MATRIX))
    def chooses_none(self, name: str) -> None:
        self.answer("native", name, "")
        self.ends(name, lambda one: one.person == name)

    @rule(name=anybody, choice=choice)
    def reacts(self, name: str, choice: str) -> None:
        event = self.answer("reaction", name, choice)
        before = self.model.get(SPEAKS[name])
        same = before and (before.person, before.choice, before.way) == (name, choice, "reaction")
        if not (same and name not in ON_MATRIX):
            self.given(name, choice, "reaction", event)

    @rule(name=st.sampled_from(("Dom", "Robin")))
    def reacts_no_more(self, name: str) -> None:
        self.answer("reaction", name, "")
        self.ends(name, lambda one: one.person == name and one.way == "reaction")

    @rule(data=st.data())
    def is_deleted(self, data: st.DataObject) -> None:
        if not self.events:
            return
        event = data.draw(st.sampled_from(self.events))
        gone = f"$gone-{next(self.held.numbers)}"
        self.take(Redacted(event.room, gone, event.event, self.stage.now))
        self.ends(event.name, lambda one: one.event == event.event and bool(one.way))

    def ends(self, name: str, which: Callable[[Given], bool]) -> None:
        one = self.model.get(SPEAKS[name])
        if one and not self.over and name in self.may and which(one):
            del self.model[SPEAKS[name]]

    @rule(data=st.data())
    def is_told_again(self, data: st.DataObject) -> None:
        if self.events:
            self.take(data.draw(st.sampled_from(self.events)))

    @rule(name=anybody, how=st.sampled_from(("rep", "revoke")))
    def right_changes(self, name: str, how: str) -> None:
        self.right(how, name, SPEAKS[name])
        (self.may.add if how == "rep" else self.may.discard)(name)

    @rule(organisation=st.sampled_from((NL, FC, JDW)))
    def is_integrated(self, organisation: str) -> None:
        self.say("Maud", f"!objection integrated {organisation}", place="admin")
        one = self.model.get(organisation)
        if one and one.choice == "objection" and not self.over:
            self.model[organisation] = replace(one, resolved=True)

    @rule(early=st.booleans())
    def time_is_over(self, *, early: bool) -> None:
        if early and not self.over:
            self.say("Maud", "!poll close 1", "!confirm", place="admin")
            self.over = True
        elif self.over:
            self.runner.run(self.stage.tick(max(self.stage.now, self.held.poll.closes_at)))
            poll = self.runner.run(self.held.now())
            assert poll.outcome == self.outcome()

    def outcome(self) -> str:
        every = self.model.values()
        if any(one.choice == "objection" and one.reason and not one.resolved for one in every):
            return "blocked"
        return "adopted" if any(one.choice == "consent" for one in every) else "no quorum"

    @invariant()
    def what_stands_is_what_was_said_last(self) -> None:
        def work(storage: Storage) -> None:
            poll = storage.polls.get(self.held.poll.id)
            cast = polling.answers(storage, poll)
            assert {one.organisation: (one.choice, one.reason, bool(one.resolution)) for one in cast} == {
                name: (one.choice, one.reason, one.resolved) for name, one in self.model.items()
            }
            assert polling.outcome_of(storage, poll).result == self.outcome()

        self.stage.database.transaction(work, writes=False)


TestVoting = Voting.TestCase
TestVoting.settings = settings(max_examples=5, stateful_step_count=25)
