"""Whatever is signed, disputed, merged and taken back, every place that says how many have signed says the same."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from campaign.signature import STANDINGS, is_counted
from commands import export
from commands.reminders import schedules
from commands.signatures import counting
from tests.commands.machine import Machine

if TYPE_CHECKING:
    from storage.storage import Storage

ORGANISATIONS = ("Nuage Libre", "Le Fil Commun", "Serveur du Coin", "La Fibre Partagée", "Rosée Noire")
"""The last one is on no list."""
who = st.sampled_from(("Camille", "Dom", "Robin", "Sacha", "Zoe", "Marin", "Remi"))
organisation = st.sampled_from(ORGANISATIONS)
RULES: tuple[dict[str, Any], ...] = (
    {"counts": "confirmed"},
    {"counts": "declared"},
    {"second_person": True},
)
ANSWERS = ("withdraw {}", "decline {}", "deciding 2099-10-01 {}", "confirm {}", "dispute {} it is not so")


class Signing(Machine):
    """People who say things about signatures, in any order."""

    @initialize(values=st.sampled_from(RULES))
    def begins(self, values: dict[str, Any]) -> None:
        self.stage.database.transaction(lambda storage: storage.campaigns.change(1, **values))

    @rule(name=who, organisation=organisation, sure=st.booleans())
    def signs(self, *, name: str, organisation: str, sure: bool) -> None:
        self.say(name, f"!sign {organisation}", *(["!confirm"] if sure else []))

    @rule(name=who)
    def says_yes(self, name: str) -> None:
        self.say(name, "!confirm")

    @rule(name=who, organisation=organisation, answer=st.sampled_from(ANSWERS))
    def answers(self, name: str, organisation: str, answer: str) -> None:
        self.say(name, f"!{answer.format(organisation)}")

    @rule(number=st.integers(1, 6), how=st.sampled_from(("verify {}", "reject {} no")))
    def is_judged(self, number: int, how: str) -> None:
        self.say("Maud", f"!{how.format(number)}", "!confirm", place="admin")

    @rule(one=organisation, other=organisation)
    def are_one(self, one: str, other: str) -> None:
        self.say("Maud", f"!org merge {one} = {other}", "!confirm", place="admin")

    @rule(one=organisation)
    def are_two_again(self, one: str) -> None:
        self.say("Maud", f"!org unmerge {one}", place="admin")

    @rule(name=who, organisation=organisation, how=st.sampled_from(("rep", "revoke")))
    def right_changes(self, name: str, organisation: str, how: str) -> None:
        self.right(how, name, organisation)

    @rule(name=who)
    def is_forgotten(self, name: str) -> None:
        self.say(name, "!forgetme", "!confirm", place="private")

    @rule(organisation=organisation)
    def is_the_collective(self, organisation: str) -> None:
        self.say("Maud", f"!campaign collective {organisation}", place="admin")

    @rule()
    def letter_changes(self) -> None:
        text = f"Un texte de {self.stage.now}."

        def work(storage: Storage) -> None:
            storage.letters.add(
                1, "fr", self.stage.now, title="Autre", summary="", text=text, change="pending"
            )

        self.stage.database.transaction(work)
        self.say("Maud", "!letter material", "!confirm", place="admin")

    @invariant()
    def all_say_the_same(self) -> None:
        self.stage.database.transaction(self._compare)  # where what is said in a room is counted, too
        self.stage.database.transaction(self._compare, writes=False)

    def _compare(self, storage: Storage) -> None:
        campaign, members = storage.campaigns.get(1), storage.campaigns.members(1)
        status, overtaken = counting.progress(storage, campaign), storage.letters.overtaken(1)
        counted = {
            one.name
            for one in members
            if is_counted(one.standing, one.level, campaign.threshold) and one.letter_id not in overtaken
        }
        assert status.counted == len(counted)

        file, listed = export.make(storage, campaign, "csv", self.stage.now, language="en")
        published = [one for one in listed.published.signatories if one.letter_current]
        assert {one.organisation for one in published} == counted
        assert len(list(csv.reader(io.StringIO(file.data.decode("utf-8-sig"))))) == 1 + len(members)

        of_campaign = {one.organisation_id for one in members}
        assert {one.organisation_id for one in storage.signatures.all_standing(1)} <= of_campaign
        asked = {one for one in members if not one.flagged and one.organisation_id != campaign.collective_id}
        for standing in STANDINGS:
            among = asked if standing == "silent" else members
            assert status.standings.get(standing, 0) == sum(one.standing == standing for one in among)

        silent = {one.organisation_id for one in asked if one.standing == "silent"}
        again = {one.organisation_id for one in members if one.letter_id in overtaken}
        reminded = {one.organisation_id for one in schedules.unanswered(storage, campaign, self.stage.now)}
        assert silent <= reminded | again
        assert reminded <= silent | again


TestSigning = Signing.TestCase
TestSigning.settings = settings(max_examples=3, stateful_step_count=15)
