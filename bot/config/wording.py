"""What the schema refuses, in an operator's words and in the spelling of TOML: nobody has to know Python."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from bot.config.schema import Authority, Bot, Campaign, Matrix, Privacy, Settings, Xmpp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.config.schema import Section

_LONGEST_SHOWN = 80


def problems_of(errors: Sequence[Any]) -> list[str]:
    """Say each mistake on one line, from pydantic's list of errors; a mistyped key is one, and not a missing one too."""
    meant = {(*_path(one)[:-1], _meant(_path(one))) for one in errors if one["type"] == "extra_forbidden"}
    return [_problem(one) for one in errors if one["type"] != "missing" or tuple(_path(one)) not in meant]


def _path(error: Any) -> list[str]:  # noqa: ANN401 - pydantic's ErrorDetails
    return [one for one in error["loc"] if isinstance(one, str) and one != "[key]"]


def _meant(loc: list[str]) -> str:
    """The key that a mistyped one stands for; "" if none is like it."""
    return next(iter(get_close_matches(loc[-1], _known(loc[:-1]), n=1)), "")


def _problem(error: Any) -> str:  # noqa: ANN401 - as above
    """The key, the value unless it may be a secret, what was expected."""
    loc = _path(error)
    key, last = ".".join(loc), loc[-1] if loc else ""
    kind, value = error["type"], error.get("input")
    if kind == "extra_forbidden":
        near = _meant(loc)
        return f"{key}: is not a known key" + (f" — did you mean {near}?" if near else "")
    if kind == "missing":
        return f"{key}: is missing"
    expected = _expected(error, loc)
    if isinstance(value, Mapping) or "password" in last or _holds_a_login(value):
        return f"{key}: expected {expected}"
    return f"{key}: {shown(value)} — expected {expected}"


def _holds_a_login(value: object) -> bool:
    """Whether this is an address with a name, and perhaps a password, before the server."""
    return isinstance(value, str) and "@" in value.partition("://")[2].partition("/")[0]


def shown(value: object) -> str:
    """A value as TOML writes it, cut where it is long."""
    return _toml(value)[:_LONGEST_SHOWN]


def _toml(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case date() | time():
            return value.isoformat()
        case list():
            return f"[{', '.join(_toml(one) for one in value)}]"
        case Mapping():
            return f"{{ {', '.join(f'{key} = {_toml(one)}' for key, one in value.items())} }}"
        case _:
            return repr(value)


def _expected(error: Any, loc: list[str]) -> str:  # noqa: ANN401 - as above
    kind, last, limits = error["type"], loc[-1] if loc else "", error.get("ctx") or {}
    if kind == "dict_type" and last == "letter":
        return 'a file for each language: { fr = "…" }'
    if kind == "string_pattern_mismatch":
        return _PATTERNS["campaigns" if loc[:-1] == ["campaigns"] else last]
    if kind in _KINDS:
        return _KINDS[kind].format(**limits)
    return str(error["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")


def _known(loc: list[str]) -> list[str]:
    """The keys of the section that stands there."""
    section: type[Section] = Settings
    if loc:
        section = Campaign if loc[0] == "campaigns" else _SECTIONS[loc[0]]
    return list(section.model_fields)


_SECTIONS: dict[str, type[Section]] = {
    "bot": Bot,
    "matrix": Matrix,
    "xmpp": Xmpp,
    "authority": Authority,
    "privacy": Privacy,
}
_KINDS = {
    "model_type": "a section",
    "dict_type": "a section",
    "tuple_type": "a list in square brackets",
    "frozen_set_type": "a list in square brackets",
    "string_type": "text in quotes",
    "string_too_short": "text that is not empty",
    "string_too_long": "{max_length} characters at most",
    "path_type": "the path of a file, in quotes",
    "int_type": "a whole number",
    "greater_than": "a whole number greater than {gt}",
    "less_than": "a whole number less than {lt}",
    "too_short": "at least {min_length}",
    "bool_type": "true or false",
    "literal_error": "{expected}",
}
"""What was expected, in an operator's words, by pydantic's name of the mistake."""

_PATTERNS = {
    "link": 'a web address such as "https://example.org/letter"',
    "prefix": 'a sign such as "!"',
    "campaigns": "a name of lower-case letters, digits, - and _",
}
