"""What is said of organisations in more than one place."""

from __future__ import annotations

from campaign.chat import N_

STANDINGS = {
    "silent": N_("silent"),
    "deciding": N_("deciding"),
    "declared": N_("declared"),
    "signed": N_("signed"),
    "declined": N_("declined"),
    "withdrawn": N_("withdrawn"),
}
"""What each standing is called."""
HOW = {
    "roster": N_("by the organisations' file"),
    "campaigner": N_("by a campaigner's word"),
    "verified": N_("since their signature was verified"),
    "domain": N_("by an account on its own server"),
    "second": N_("confirmed by a second person"),
}
"""On whose word somebody speaks for an organisation."""
