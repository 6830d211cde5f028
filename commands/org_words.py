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
