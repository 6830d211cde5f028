"""What a campaign refuses, each with what to do instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from campaign.chat import Text


class CampaignError(Exception):
    """A refusal meant for the person who asked: `text` says what was wrong and what to do instead."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.id)
        self.text = text
