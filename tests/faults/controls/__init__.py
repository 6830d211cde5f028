"""Each safeguard by name, and how to take it out of a bot: what fails without it is what it guards.

Everything in here replaces parts of the product by worse ones: types would only say so at length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.faults.controls import keeping, sealing, sending, standing, taking, timing

if TYPE_CHECKING:
    from collections.abc import Callable

SAFEGUARDS: dict[str, Callable[[], None]] = {
    function.__name__.replace("_", "-"): function
    for function in (
        taking.one_transaction,
        taking.deduplication,
        taking.stanza_id,
        taking.archive_for_theirs,
        taking.kept_cursor,
        taking.baseline,
        taking.paging,
        taking.expired_cursor,
        taking.held_cursor,
        taking.careful_reading,
        taking.careful_opening,
        taking.careful_hearing,
        sending.same_key,
        sending.asking_once,
        sending.archive_for_ours,
        sending.own_archive_for_ours,
        sending.fence,
        sending.backing_off,
        sending.own_patience,
        sending.others_first,
        sending.circles,
        sending.following,
        standing.login_refused,
        standing.parking,
        standing.another_nick,
        standing.one_process,
        sealing.keys_first,
        sealing.kept_sealed,
        sealing.who_is_there_now,
        sealing.own_new_device,
        keeping.integrity,
        keeping.whole_migration,
        keeping.named_trouble,
        timing.reminded_once,
        timing.first_reading,
    )
}
