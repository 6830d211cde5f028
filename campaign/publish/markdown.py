"""The list of signatories to publish: who signed, and nobody who did not; a person only where they agreed."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from campaign.signature import Signatory, SignatoryList

_ESCAPED = re.compile(r"[\\`*_{}\[\]()#+\-.!]")
_ENTITIES = {character: f"&#{ord(character)};" for character in "<>&|~$:"}
"""What some dialects do not let one escape with a backslash."""
_LINKING = re.compile(r"@|:(?=//)|www(?=\.)", re.IGNORECASE)
_JOINER = "\u2060"
"""Shows nothing, and keeps the dialects that look for addresses in plain text from seeing one."""
_TARGET = re.compile(r"[^A-Za-z0-9\-._~:/?#@!$&'*+,;=%]")


def write(listed: SignatoryList, language: str = "en") -> bytes:  # noqa: ARG001 - nothing in it but names and numbers
    """Write a title and a list in CommonMark: each organisation, linked to its website, and its testimony.

    Only signatures that count in this campaign are listed, those of an earlier version of the letter apart, under
    that version. Beside one stand the name and role of whoever signed if they agreed to that, and never an account;
    one that is disputed is marked by a comment, for whoever publishes the list and not for those who read it.
    Whatever an organisation typed is text: it makes no markup, no link but to its
    website, and mentions nobody. UTF-8.
    """
    lines = [f"# {escaped(listed.campaign)}", ""]
    earlier: dict[str, list[str]] = {}
    for signatory in listed.published.signatories:
        if signatory.letter_current is False:
            version = escaped(f"{signatory.letter_version} ({signatory.letter_language})")
            earlier.setdefault(version, []).extend(_entry(signatory))
        else:
            lines += _entry(signatory)
    for version in sorted(earlier):
        lines += ["", f"## Version {version}", "", *earlier[version]]
    return ("\n".join(lines).rstrip("\n") + "\n").encode("utf-8", "replace")


def escaped(text: str) -> str:
    """Make one line of text that every Markdown dialect shows as it is, with nothing in it to click."""
    visible = "".join(character for character in text if unicodedata.category(character) not in {"Cf", "Cs"})
    spaced = "".join(" " if unicodedata.category(character) == "Cc" else character for character in visible)
    line = _LINKING.sub(rf"\g<0>{_JOINER}", " ".join(spaced.split()))
    line = _ESCAPED.sub(r"\\\g<0>", line)
    return "".join(_ENTITIES.get(character, character) for character in line)


def _entry(signatory: Signatory) -> list[str]:
    name = escaped(signatory.organisation)
    target = _target(signatory.website)
    by = ", ".join(filter(None, map(escaped, (signatory.person, signatory.role))))
    named = f" ({by})" if signatory.may_be_named and signatory.person else ""
    disputed = " <!-- disputed -->" if signatory.disputed else ""
    lines = [(f"- [{name}]({target})" if target else f"- {name}") + named + disputed]
    if signatory.testimony:
        lines += ["", f"  > {escaped(signatory.testimony)}", ""]
    return lines


def _target(url: str) -> str:
    """Give a web address as the target of a link, or nothing if it is none."""
    if not re.match(r"https?://", url):
        return ""
    return _TARGET.sub(_percent, url).replace("&", "&amp;")


def _percent(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found.group().encode("utf-8", "replace"))
