"""The list of signatories for programs, with nothing lost: for campaigners, with the people and their accounts."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from campaign.signature import SignatoryList


def write(listed: SignatoryList, language: str = "en") -> bytes:  # noqa: ARG001 - programs read it in no language
    """Write an object of `campaign`, `generated_at` and `signatories` in UTF-8, with its keys sorted.

    Each signatory has every field of `Signatory` under its name. Days and times (with their offset) are ISO
    8601; what is not known is null or an empty text.
    """
    document = {
        "campaign": listed.campaign,
        "generated_at": listed.generated_at,
        "signatories": [asdict(signatory) for signatory in listed.signatories],
    }
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, indent=2, default=_iso)
    # Half a surrogate pair, which a client can send, has no UTF-8; its backslash form is the JSON escape.
    return f"{text}\n".encode("utf-8", "backslashreplace")


def _iso(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")
