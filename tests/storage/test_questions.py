"""Questions: numbered, found again, merged; and who waits is told once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from campaign.question import normal_question
from tests.storage.made import NOA, NOW, ask, make, rows, sign, wait

if TYPE_CHECKING:
    from storage.database import Database
    from storage.storage import Storage

WEEK = timedelta(days=7)


def test_each_campaign_numbers_its_own(database: Database) -> None:
    def work(storage: Storage) -> None:
        one, other = make(storage), make(storage, "other")
        assert [ask(storage, one).number, ask(storage, one).number, ask(storage, other).number] == [1, 2, 1]
        found = storage.questions.by_number(one.campaign, 2)
        assert found is not None
        assert (found.campaign_id, found.number, found.is_open) == (one.campaign, 2, True)
        assert storage.questions.by_number(other.campaign, 2) is None

    database.transaction(work)


def test_the_same_words_are_found_unless_put_away(database: Database) -> None:
    def work(storage: Storage) -> None:
        made = make(storage)
        first = ask(storage, made, "Where does the money go?")
        normal = normal_question("where does the money go")
        assert storage.questions.exactly(made.campaign, normal) == first
        storage.questions.change(first.id, closed_at=NOW, answer="not ours")
        assert storage.questions.exactly(made.campaign, normal) is None
        assert storage.questions.words(made.campaign, 10) == []
        assert storage.questions.open(made.campaign) == ()

    database.transaction(work)


def test_a_question_that_is_the_same_leads_to_the_other_over_several(database: Database) -> None:
    def work(storage: Storage) -> None:
        made = make(storage)
        a, b, c = (ask(storage, made, text) for text in ("Where to?", "Who gets it?", "Who is paid?"))
        for gone, kept in ((a, b), (b, c)):
            wait(storage, made, gone.id)
            storage.questions.change(gone.id, closed_at=NOW, same_id=kept.id)
            storage.questions.move(gone.id, kept.id)
        assert storage.questions.by_number(made.campaign, 1) == c
        assert storage.questions.same(a.id) == c
        found = storage.questions.exactly(made.campaign, normal_question("where to"))
        assert found == c
        assert [one.question_id for one in storage.questions.waits(c.id)] == [c.id], "one person, one room"
        assert storage.questions.waits(a.id) == ()

    database.transaction(work)


def test_who_asks_twice_in_a_room_waits_once(database: Database) -> None:
    def work(storage: Storage) -> None:
        made = make(storage)
        question = ask(storage, made)
        wait(storage, made, question.id, reply_to="$1")
        wait(storage, made, question.id, reply_to="$2")
        (one,) = storage.questions.waits(question.id)
        assert one.reply_to == "$2"
        storage.questions.told([one], NOW)
        assert storage.questions.waits(question.id) == ()
        assert [each.id for each in storage.questions.waits(question.id, told=True)] == [one.id]

    database.transaction(work)


def test_an_organisation_waits_until_it_says_something_else(database: Database) -> None:
    def work(storage: Storage) -> None:
        made = make(storage)
        question = ask(storage, made)
        where = (made.campaign, made.organisation)
        for standing in ("deciding", "signed", "declined", "withdrawn"):
            storage.campaigns.stand(*where, "deciding", NOW, question_id=question.id)
            wait(storage, made, question.id, organisation_id=made.organisation)
            assert storage.questions.waiting(made.campaign) == {made.organisation: 1}
            assert len(storage.questions.waits(question.id)) == 1
            storage.campaigns.stand(*where, standing, NOW)
            assert storage.questions.waiting(made.campaign) == {}
            assert storage.questions.waits(question.id) == ()

    database.transaction(work)


def test_an_organisation_that_was_told_waits_no_longer(database: Database) -> None:
    def work(storage: Storage) -> None:
        made = make(storage)
        question = ask(storage, made)
        for organisation in (made.organisation, made.other):
            storage.campaigns.stand(made.campaign, organisation, "deciding", NOW, question_id=question.id)
            wait(storage, made, question.id, organisation_id=organisation)
        mine, _ = storage.questions.waits(question.id)
        storage.questions.told([mine], NOW)
        assert [one.organisation_id for one in storage.questions.waits(question.id)] == [made.other]
        assert storage.questions.waiting(made.campaign) == {made.other: 1}
        member = storage.campaigns.member(made.campaign, made.organisation)
        assert member is not None
        assert member.standing == "deciding"

    database.transaction(work)


def test_what_is_left_to_tell_is_settled_and_can_be_heard(database: Database) -> None:
    def work(storage: Storage) -> None:
        made = make(storage)
        question = ask(storage, made)
        wait(storage, made, question.id)
        assert storage.questions.to_tell(made.campaign) == []
        storage.questions.change(question.id, answer="There.", answered_at=NOW)
        assert storage.questions.to_tell(made.campaign) == [question.id]
        storage.rooms.change(made.room, state="parked")
        assert storage.questions.to_tell(made.campaign) == []
        storage.rooms.change(made.room, state="joined")
        storage.questions.told(storage.questions.waits(question.id), NOW)
        assert storage.questions.to_tell(made.campaign) == []

    database.transaction(work)


def test_open_ones_are_counted_by_person_and_for_those_nobody_knows(database: Database) -> None:
    def work(storage: Storage) -> None:
        made = make(storage)
        noa = storage.people.ensure(NOA, "Noa", NOW)
        ask(storage, made)
        mine = ask(storage, made, person_id=noa.id)
        ask(storage, made, person_id=noa.id)
        assert storage.questions.open_count(made.campaign, noa.id) == 2
        assert storage.questions.open_count(made.campaign) == 2, "the other one speaks for an organisation"
        storage.questions.change(mine.id, answer="There.", answered_at=NOW)
        assert storage.questions.open_count(made.campaign, noa.id) == 1

    database.transaction(work)


def test_two_people_who_are_one_ask_as_one(database: Database) -> None:
    def work(storage: Storage) -> None:
        made = make(storage)
        noa = storage.people.ensure(NOA, "Noa", NOW)
        question = ask(storage, made, person_id=noa.id)
        wait(storage, made, question.id, person_id=noa.id, address_id=noa.address_id)
        storage.people.join(made.person.id, noa.id)
        assert storage.questions.get(question.id).person_id == made.person.id
        (one,) = storage.questions.waits(question.id)
        assert (one.person_id, one.address_id) == (made.person.id, noa.address_id)

    database.transaction(work)


def test_campaigners_were_reminded_even_of_what_is_answered_since(database: Database) -> None:
    def work(storage: Storage) -> None:
        made = make(storage)
        assert storage.questions.reminded_at(made.campaign) is None
        question = ask(storage, made)
        storage.questions.reminded(made.campaign, NOW)
        storage.questions.change(question.id, answer="There.", answered_at=NOW)
        ask(storage, made)
        storage.questions.reminded(make(storage, "other").campaign, NOW + WEEK)
        assert storage.questions.reminded_at(made.campaign) == NOW

    database.transaction(work)


def test_a_question_of_its_own_is_no_part_of_a_signature(database: Database) -> None:
    """Signing twice over a wait leaves the waits as they are: only the organisation's own word ends one."""

    def work(storage: Storage) -> None:
        made = make(storage)
        question = ask(storage, made)
        storage.campaigns.stand(made.campaign, made.organisation, "deciding", NOW, question_id=question.id)
        wait(storage, made, question.id, organisation_id=made.organisation)
        sign(storage, made, level="declared")
        assert storage.questions.waiting(made.campaign) == {made.organisation: 1}
        assert rows(storage, "SELECT count(*) FROM question_waits WHERE told_at IS NULL") == [(1,)]

    database.transaction(work)
