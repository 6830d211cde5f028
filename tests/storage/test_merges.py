# ruff: noqa: S608 - the only values in these queries are numbers of our own
"""Two organisations become one and two again: nothing is lost by it, and one organisation has one voice."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from campaign.chat import XMPP, Address
from storage.merging import LEFT_ALONE, POINTERS
from storage.reminders import Cause, Fate
from storage.tables import metadata
from tests.storage import arbitrary
from tests.storage.arbitrary import GONE, KEPT, NAMES, PEOPLE, STANDINGS, at, build, everything, hanging_on
from tests.storage.made import NOW, fill, rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from storage.database import Database
    from storage.merges import Lost
    from storage.storage import Storage

LATER, AFTER = at(300), at(301)
IS_OPEN = "campaign_id NOT IN (SELECT id FROM campaigns WHERE closed_at IS NOT NULL)"
many = settings(
    max_examples=60,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class UndoAllError(Exception):
    """Ends a transaction without a trace."""


def trying(database: Database, work: Callable[[Storage], None]) -> None:
    """Run something in a transaction that leaves nothing behind."""

    def undone(storage: Storage) -> None:
        work(storage)
        raise UndoAllError

    with pytest.raises(UndoAllError):
        database.transaction(undone)


def unmerge(storage: Storage) -> Sequence[Lost]:
    return storage.merges.undo(storage.merges.standing()[-1], LATER)


def test_every_table_that_points_at_an_organisation_is_moved() -> None:
    pointing = Counter(
        table.name
        for table in metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name == "organisations"
    )
    assert pointing.keys() == {*POINTERS, *LEFT_ALONE}
    assert all(pointing[table] == 1 for table in POINTERS), "by one column each"
    assert {"audit", "merges"} == LEFT_ALONE


def test_only_tables_with_a_rule_allow_one_row_of_some() -> None:
    """Where an index lets one of several stand, which one stands has to be decided."""
    some = {
        index.table.name
        for table in metadata.tables.values()
        for index in table.indexes
        if index.unique
        and table.name in POINTERS
        and POINTERS[table.name].name in index.columns
    }  # fmt: skip
    assert some == {"signatures", "ballots"}


def test_the_made_campaigns_hang_something_on_an_organisation_in_every_table(database: Database) -> None:
    """What the property tests say of merging, they say of every table."""
    found: set[str] = set()

    @settings(many, max_examples=600)  # in most runs a few dozen have them all, but not in each
    @given(arbitrary.campaigns)
    def look(what: dict[str, Any]) -> None:
        if found == {*POINTERS}:
            return

        def work(storage: Storage) -> None:
            build(storage, what)
            found.update(hanging_on(storage, GONE))

        trying(database, work)

    look()
    assert found == {*POINTERS}


@many
@given(what=arbitrary.campaigns)
def test_merging_and_undoing_it_changes_nothing(database: Database, what: dict[str, Any]) -> None:
    def work(storage: Storage) -> None:
        build(storage, what)
        before = everything(storage)
        storage.merges.merge(KEPT, GONE, 1, LATER)
        assert everything(storage) != before
        assert list(unmerge(storage)) == []
        assert everything(storage) == before
        assert not storage.merges.standing()

    trying(database, work)


@many
@given(what=arbitrary.campaigns)
def test_one_organisation_is_left_with_one_voice(database: Database, what: dict[str, Any]) -> None:
    def work(storage: Storage) -> None:
        build(storage, what)
        given_ = rows(storage, "SELECT campaign_id, number FROM signatures ORDER BY 1, 2")
        over = [rows(storage, f"SELECT {table}.* FROM {table} JOIN campaigns c ON c.id = {table}.campaign_id WHERE c.closed_at IS NOT NULL ORDER BY 1, 2") for table in ("signatures", "campaign_organisations", "reminders")]  # fmt: skip
        signing = rows(storage, f"SELECT DISTINCT campaign_id FROM signatures WHERE organisation_id IN (1, 2) AND ended_at IS NULL AND {IS_OPEN}")  # fmt: skip
        best = dict(rows(storage, "SELECT campaign_id, min(CASE level WHEN 'verified' THEN 0 WHEN 'confirmed' THEN 1 ELSE 2 END) FROM signatures WHERE organisation_id IN (1, 2) AND ended_at IS NULL AND " + IS_OPEN + " GROUP BY 1"))  # fmt: skip
        voters = {poll for (poll,) in rows(storage, "SELECT poll_id FROM electors JOIN polls ON id = poll_id WHERE organisation_id IN (1, 2) AND closed_at IS NULL")}  # fmt: skip
        cast = {poll for (poll,) in rows(storage, "SELECT poll_id FROM ballots JOIN polls ON polls.id = poll_id WHERE organisation_id IN (1, 2) AND closed_at IS NULL")}  # fmt: skip
        counted = rows(storage, "SELECT * FROM electors JOIN polls ON id = poll_id WHERE closed_at IS NOT NULL ORDER BY 1, 2")  # fmt: skip
        storage.merges.merge(KEPT, GONE, 1, LATER)

        left = hanging_on(storage, GONE)
        ended = {"signatures", "campaign_organisations", "reminders", "campaigns"} if what["over"] else set()
        assert left <= {"electors", "ballots", *ended}, "what was counted, and what has ended"
        assert over == [rows(storage, f"SELECT {table}.* FROM {table} JOIN campaigns c ON c.id = {table}.campaign_id WHERE c.closed_at IS NOT NULL ORDER BY 1, 2") for table in ("signatures", "campaign_organisations", "reminders")]  # fmt: skip
        assert rows(storage, "SELECT * FROM electors JOIN polls ON id = poll_id WHERE closed_at IS NOT NULL ORDER BY 1, 2") == counted  # fmt: skip
        assert rows(storage, "SELECT campaign_id, number FROM signatures ORDER BY 1, 2") == given_
        standing = rows(storage, "SELECT campaign_id, CASE level WHEN 'verified' THEN 0 WHEN 'confirmed' THEN 1 ELSE 2 END FROM signatures WHERE organisation_id = 1 AND ended_at IS NULL AND " + IS_OPEN)  # fmt: skip
        assert Counter(one for one, _ in standing) == Counter(one for (one,) in signing)
        assert dict(standing) == best
        for poll in voters:
            assert rows(storage, f"SELECT organisation_id FROM electors WHERE poll_id = {poll} AND organisation_id IN (1, 2)") == [(KEPT,)]  # fmt: skip
        for poll in cast:
            ((latest, stands),) = rows(storage, f"SELECT (SELECT max(cast_at) FROM ballots WHERE standing AND poll_id = {poll} AND organisation_id = 1), count(*) FROM ballots WHERE standing AND poll_id = {poll} AND organisation_id = 1")  # fmt: skip
            assert stands == 1
            assert latest is not None
        assert GONE not in {organisation for organisation, *_ in storage.organisations.names()}
        assert all(storage.organisations.find(name.casefold()).id == KEPT for name in NAMES[:2])  # type: ignore[union-attr]
        for person in PEOPLE:
            assert GONE not in {one.id for one in storage.organisations.of_person(person)}
            if {(KEPT, person), (GONE, person)} & (what["silenced"] - what["spoken"].keys()):
                assert not storage.representatives.is_representative(KEPT, person)
        assert not rows(storage, "PRAGMA foreign_key_check")

    trying(database, work)


@many
@given(what=arbitrary.campaigns)
def test_opened_again_a_campaign_is_as_if_it_had_been_open(database: Database, what: dict[str, Any]) -> None:
    was, became = [], []

    def open_before(storage: Storage) -> None:
        build(storage, what)
        for campaign in what["over"]:
            storage.campaigns.reopen(campaign)
        was.append(everything(storage))
        storage.merges.merge(KEPT, GONE, 1, LATER)
        assert not storage.merges.go_on(LATER)
        became.append(everything(storage))

    def open_after(storage: Storage) -> None:
        build(storage, what)
        storage.merges.merge(KEPT, GONE, 1, LATER)
        assert not storage.merges.go_on(LATER), "it is over"
        for campaign in what["over"]:
            storage.campaigns.reopen(campaign)
        storage.merges.go_on(LATER)
        assert everything(storage) == became[-1]
        assert hanging_on(storage, GONE) <= {"electors", "ballots"}
        assert list(unmerge(storage)) == []
        assert everything(storage) == was[-1]

    trying(database, open_before)
    trying(database, open_after)


acts = st.lists(
    st.one_of(
        st.tuples(st.just("sign"), st.sampled_from((1, 2))),
        st.tuples(st.just("withdraw"), st.sampled_from((1, 2))),
        st.tuples(st.just("stand"), st.sampled_from((1, 2)), st.sampled_from(STANDINGS)),
        st.tuples(st.just("vote"), st.sampled_from((1, 2, 3))),
        st.tuples(st.just("close"), st.sampled_from((1, 2, 3))),
        st.tuples(st.just("revoke"), st.sampled_from(PEOPLE)),
        st.tuples(st.just("represent"), st.sampled_from(PEOPLE)),
        st.tuples(st.just("unalias"), st.sampled_from(("arn 2", "alsace réseau neutre 2"))),
        st.tuples(st.just("website"), st.sampled_from(("", "https://new.example.org"))),
        st.tuples(st.just("leave"), st.sampled_from((1, 2))),
        st.tuples(st.just("remind"), st.sampled_from((1, 2))),
    ),
    min_size=1,
    max_size=8,
)
"""What may come between a merge and its undoing."""


def _sign(storage: Storage, campaign: int) -> None:
    if storage.signatures.standing(campaign, KEPT) is None:
        arbitrary.sign(storage, [(campaign, KEPT, "confirmed", 301, False, False)], 1)


def _withdraw(storage: Storage, campaign: int) -> None:
    standing = storage.signatures.standing(campaign, KEPT)
    if standing is not None:
        storage.signatures.end(standing.id, "withdrawn", "", AFTER)


def _represent(storage: Storage, person: int) -> None:
    storage.representatives.represent(KEPT, person, "campaigner", AFTER)
    storage.representatives.restore(KEPT, person)


def _remind(storage: Storage, campaign: int) -> None:
    (row,) = storage.deadlines.of_campaign(campaign)
    cause = Cause(campaign, 60, deadline_id=row.id, deadline_version=row.version)
    if not storage.reminders.handled(cause):
        storage.reminders.write(cause, {KEPT: Fate("sent")}, AFTER)


def _open_poll(storage: Storage, poll: int) -> bool:
    polls = [known for one in (1, 2) for known in storage.polls.of_campaign(one, only_open=True)]
    return poll in {one.id for one in polls}


def _vote(storage: Storage, poll: int) -> None:
    if _open_poll(storage, poll) and KEPT in dict(storage.polls.electorate(poll)):
        storage.ballots.cast(
            poll,
            KEPT,
            standing=True,
            person_id=3,
            choice="for",
            network="matrix",
            event="$s",
            cast_at=AFTER,
        )


def _close(storage: Storage, poll: int) -> None:
    if _open_poll(storage, poll):
        storage.polls.close(poll, "adopted", AFTER)


ACTS: dict[str, Callable[..., None]] = {
    "sign": _sign,
    "withdraw": _withdraw,
    "stand": lambda storage, campaign, word: storage.campaigns.stand(
        campaign, KEPT, word, AFTER, note="since"
    ),
    "vote": _vote,
    "close": _close,
    "revoke": lambda storage, person: storage.representatives.revoke(KEPT, person, AFTER),
    "represent": _represent,
    "unalias": lambda storage, name: storage.organisations.unalias(name),
    "website": lambda storage, url: storage.organisations.change(KEPT, website=url),
    "leave": lambda storage, campaign: storage.campaigns.leave(campaign, KEPT),
    "remind": _remind,
}


def _last_words(storage: Storage, between: list[tuple[Any, ...]]) -> None:
    """What was said of the one that was kept, since the merge, still holds."""
    for campaign, standing in {one[1]: one[2] for one in between if one[0] == "stand"}.items():
        last = [one for one in between if one[0] in ("stand", "leave") and one[1] == campaign][-1]
        if last[0] == "stand":
            assert rows(storage, f"SELECT standing, note FROM campaign_organisations WHERE campaign_id = {campaign} AND organisation_id = 1") == [(standing, "since")]  # fmt: skip
    ends = {one[1]: one[0] for one in between if one[0] in ("sign", "withdraw")}
    for campaign, last_act in ends.items():
        if last_act == "withdraw":
            assert storage.signatures.standing(campaign, KEPT) is None, "its last word was no"
    for person in {one[1]: one[0] for one in between if one[0] == "revoke"}:
        if [one[0] for one in between if one[0] in ("revoke", "represent") and one[1] == person][
            -1
        ] == "revoke":
            assert not storage.representatives.is_representative(KEPT, person)
            assert not storage.representatives.is_representative(GONE, person)


@many
@given(what=arbitrary.campaigns, between=acts)
def test_what_came_in_between_stays_with_the_one_that_was_kept(
    database: Database, what: dict[str, Any], between: list[tuple[Any, ...]]
) -> None:
    def work(storage: Storage) -> None:
        build(storage, what)
        others = sorted(rows(storage, "SELECT * FROM signatures WHERE organisation_id = 3"))
        storage.merges.merge(KEPT, GONE, 1, LATER)
        tables = ("signatures", "ballots", "reminders")
        old = {table: set(rows(storage, f"SELECT id FROM {table}")) for table in tables}
        for one in between:
            ACTS[one[0]](storage, *one[1:])
        counted = rows(storage, "SELECT * FROM electors JOIN polls ON id = poll_id WHERE closed_at IS NOT NULL ORDER BY 1, 2")  # fmt: skip
        new = {table: set(rows(storage, f"SELECT id FROM {table}")) - old[table] for table in tables}
        unmerge(storage)

        assert not rows(storage, "PRAGMA foreign_key_check")
        for table, ids in new.items():
            for (row,) in ids:
                assert rows(storage, f"SELECT organisation_id FROM {table} WHERE id = {row}") == [(KEPT,)]
        found = storage.organisations.find("arn")
        assert found is not None
        assert found.id == GONE
        assert sorted(rows(storage, "SELECT * FROM signatures WHERE organisation_id = 3")) == others
        assert rows(storage, "SELECT * FROM electors JOIN polls ON id = poll_id WHERE closed_at IS NOT NULL ORDER BY 1, 2") == counted  # fmt: skip
        _last_words(storage, between)

    trying(database, work)


def test_a_made_database_with_something_in_every_table_comes_back_as_it_was(database: Database) -> None:
    def work(storage: Storage) -> None:
        made = fill(storage)
        for kept, gone in ((made.organisation, made.other), (made.other, made.organisation)):
            before = everything(storage)
            storage.merges.merge(kept, gone, made.person.id, NOW)
            assert list(unmerge(storage)) == []
            assert everything(storage) == before

    trying(database, work)


def test_whoever_linked_two_accounts_since_gets_their_right_back(database: Database) -> None:
    def work(storage: Storage) -> None:
        made = fill(storage)
        other = storage.people.ensure(Address(XMPP, "ana@example.org"), "Ana", NOW)
        storage.representatives.represent(made.other, other.id, "roster", NOW)
        storage.merges.merge(made.organisation, made.other, made.person.id, NOW)
        storage.people.join(made.person.id, other.id)
        assert not unmerge(storage)
        assert storage.representatives.is_representative(made.other, made.person.id)

    trying(database, work)
