"""The procedures a poll can be opened with, each as its source has it."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING

from campaign.decision.procedure import Procedure

if TYPE_CHECKING:
    from collections.abc import Mapping

APACHE_VOTING = "https://www.apache.org/foundation/voting.html"
APACHE_VETO = f"{APACHE_VOTING}#Veto"
APACHE_LAZY = "https://community.apache.org/committers/lazyConsensus.html"
LOOMIO_CONSENT = "https://help.loomio.com/en/guides/consent_process/"
LOOMIO_CONSENSUS = "https://help.loomio.com/en/guides/consensus_process/"
ROBERT_QUESTIONS = "https://robertsrules.com/frequently-asked-questions/"

CONSENT = Procedure(
    name="consent",
    source=LOOMIO_CONSENT,
    duration=timedelta(days=7),
    choices=("consent", "concern", "objection", "abstain"),
    supports="consent",
    blocks=("objection",),
    reason_needed=("objection",),
    without_reason="concern",
)
"""No standing objection after seven days. An objection needs a reason; a concern is recorded, never blocks.

Loomio's consent proposal offers consent or objection for seven days, and passes when no objection remains; an objection
says what harm is feared, and is integrated by amending. Sociocracy 3.0 tells an objection, which is an argument, from a
concern, which does not stand in the way: hence an objection without its reason counts as a concern until it has one.
Silence is not consent here: at least one organisation must say "consent", so that a poll nobody saw adopts nothing.

Sources: https://help.loomio.com/en/guides/consent_process/,
https://patterns.sociocracy30.org/consent-decision-making.html.
"""

CONSENSUS = Procedure(
    name="consensus",
    source=LOOMIO_CONSENSUS,
    duration=timedelta(days=7),
    choices=("agree", "abstain", "disagree", "block"),
    supports="agree",
    opposes="disagree",
    blocks=("block",),
    reason_needed=("block",),
    without_reason="disagree",
)
"""No block after seven days, and somebody who agrees.

Loomio's four answers: agree ("I support the proposal"), abstain (not affected, happy with what the group decides),
disagree (something needs to be changed before I can support it), block (a fundamental disagreement that cannot be
resolved). How many must agree is for each group to say ("everyone", "75 % of members"): nobody's number is assumed, and
`threshold=75% base=electorate` gives one. Loomio asks whoever does not agree to say why; a block without its reason is a
disagreement until it has one.

Source: https://help.loomio.com/en/guides/consensus_process/.
"""

LAZY = Procedure(
    name="lazy",
    source=APACHE_LAZY,
    duration=timedelta(hours=72),
    choices=("consent", "concern", "objection"),
    supports="consent",
    support_needed=0,
    blocks=("objection",),
    reason_needed=("objection",),
    without_reason="concern",
    silence_consents=True,
)
"""No objection within 72 hours; silence is assent, so nobody needs to say yes.

Apache: 72 hours, for different time zones and other obligations; "silence gives assent"; one objection ends the lazy
consensus, and whoever objects has to say what they propose instead, hence the reason.

Sources: https://community.apache.org/committers/lazyConsensus.html,
https://www.apache.org/foundation/voting.html#LazyConsensus.
"""

MAJORITY = Procedure(
    name="majority",
    source=APACHE_VOTING,
    duration=timedelta(hours=72),
    choices=("for", "against", "abstain"),
    supports="for",
    opposes="against",
    share=Fraction(1, 2),
    strictly=True,
)
"""More for than against, after 72 hours; a tie is not adopted.

Apache, votes on procedural issues: passed with more favourable votes than unfavourable ones, whatever their number; a
vote stays open for at least 72 hours. Source: https://www.apache.org/foundation/voting.html.
"""

VETO = Procedure(
    name="veto",
    source=APACHE_VETO,
    duration=timedelta(hours=72),
    choices=("for", "against", "abstain"),
    supports="for",
    opposes="against",
    support_needed=3,
    blocks=("against",),
    reason_needed=("against",),
)
"""Three votes for (+1) and none against (-1), after 72 hours.

Apache, votes on code modifications: three positive votes and no negative one; a -1 is a veto that nobody can overrule,
and stands until whoever cast it withdraws it; a veto without a justification is invalid and has no weight.

Sources: https://www.apache.org/foundation/voting.html#Veto, https://www.apache.org/foundation/glossary.html
(consensus approval).
"""

TWO_THIRDS = Procedure(
    name="two-thirds",
    source=ROBERT_QUESTIONS,
    duration=timedelta(days=14),
    choices=("for", "against", "abstain"),
    supports="for",
    opposes="against",
    share=Fraction(2, 3),
    quorum=Fraction(1, 2),
)
"""At least two thirds of the votes for or against are for, after 14 days, and half of the electorate has answered.

Robert's Rules: a two-thirds vote is at least two thirds of the votes cast, without abstentions, and nothing is rounded.
The quorum is for each group to set; half is only where to begin. Source:
https://robertsrules.com/frequently-asked-questions/ (questions 5 and 6).
"""

COLLECTIVE = Procedure(
    name="collective",
    source="",
    duration=timedelta(),
    choices=("for", "against", "abstain"),
    supports="for",
    opposes="against",
    unset=("duration", "threshold", "blocks", "text"),
)
"""The collective's own rule: it does not open before its duration, threshold, block rule and text are given.

Nobody's rules are invented here; that nothing is weighed or blocks has to be said as well (`threshold=none`).
"""

PRESETS: Mapping[str, Procedure] = MappingProxyType(
    {each.name: each for each in (CONSENT, CONSENSUS, LAZY, MAJORITY, VETO, TWO_THIRDS, COLLECTIVE)}
)
"""The procedures a poll can be opened with, by name."""
