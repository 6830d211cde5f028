"""What the homeserver's answers mean, refusals and odd ones too."""

from __future__ import annotations

import json
import re
import sys
from typing import Any, TypeAlias

from bot.transports.base import Limited, LoginRefused, Refused, TransportError, Unreachable

Json: TypeAlias = dict[str, Any]

_TOKEN_GONE = frozenset({"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_USER_DEACTIVATED", "M_USER_LOCKED"})
_UNAUTHORIZED = 401
_TOO_LARGE = 413
_TOO_MANY = 429
_SERVER_ERROR = 500
_DEFAULT_WAIT = 5.0
_LONGEST_WAIT = 600.0
_LONGEST_INTEGER = 20
_DEEPER = 3000
_SURROGATE = re.compile("[\ud800-\udfff]|" r"\\u[dD][89a-fA-F]")
_ESCAPES = re.compile(
    r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
    "|[\ud800-\udfff])"
)


class RefusedByServer(Refused):
    """The homeserver's refusal, with its Matrix error code (`M_FORBIDDEN` and the like)."""

    def __init__(self, status: int, errcode: str) -> None:
        # The server's own words are left out: they may quote what was sent.
        super().__init__(f"{errcode or 'refused'} (HTTP {status})")
        self.errcode = errcode


class ProofWanted(RefusedByServer):
    """The server wants it proven who asks (user-interactive authentication): `session`, and stages of each way to."""

    def __init__(self, status: int, errcode: str, said: Json) -> None:
        super().__init__(status, errcode)
        session, flows = said.get("session"), said.get("flows")
        self.session = session if isinstance(session, str) else ""
        self.flows = (
            [flow.get("stages") for flow in flows if isinstance(flow, dict)]
            if isinstance(flows, list)
            else []
        )


def read(what: str, status: int, raw: bytes, retry_after: str) -> Json:
    """Return the JSON object that answers a request for `what`, or raise what its failure means.

    Raises:
        LoginRefused, Limited, RefusedByServer, Unreachable: as in `Homeserver.call`.
    """
    answer = parse(raw)
    if status in range(200, 300):
        if answer is None:
            raise Unreachable(f"{what}: the answer is not Matrix")
        return answer
    said = answer or {}
    errcode = said.get("errcode")
    if status == _TOO_MANY or errcode == "M_LIMIT_EXCEEDED":
        raise Limited(_wait(said.get("retry_after_ms"), retry_after))
    if status == _UNAUTHORIZED and "flows" in said:
        raise ProofWanted(status, errcode if isinstance(errcode, str) else "", said)
    raise _failure(what, status, errcode if isinstance(errcode, str) else "")


def parse(raw: bytes) -> Json | None:
    """Return the JSON object, or None. A stranger's odd event must not make a whole sync unreadable, nor one unstorable.

    What is no text, half of a character by itself, becomes the control character for that: no id has it, and none is shown.
    """
    try:
        text = raw.decode("utf-8", "surrogatepass")
    except ValueError:
        return None
    if _SURROGATE.search(text):
        text = _ESCAPES.sub(lambda found: "\\u001a" if found["lone"] else found[0], text)
    try:
        answer = json.loads(text, parse_int=_integer, parse_constant=_nothing)
    except RecursionError:
        # An event nested almost as deep as Synapse's own parser goes is, within a sync, too deep for ours.
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(limit + _DEEPER)
        try:
            answer = json.loads(text, parse_int=_integer, parse_constant=_nothing)
        except RecursionError:
            return None
        finally:
            sys.setrecursionlimit(limit)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _integer(digits: str) -> int:
    """Read an integer, and 0 for one longer than any in Matrix: Python refuses to read the longest ones."""
    return int(digits) if len(digits) <= _LONGEST_INTEGER else 0


def _nothing(_word: str) -> None:
    """Read what Python takes for a number and JSON does not have (`NaN`): compared with anything, it upsets what waits."""


def _failure(what: str, status: int, errcode: str) -> TransportError:
    if errcode in _TOKEN_GONE:
        return LoginRefused(f"{errcode} (HTTP {status})")
    if status == _TOO_LARGE:  # proxies say it too, without a Matrix error
        return RefusedByServer(status, errcode or "M_TOO_LARGE")
    if status >= _SERVER_ERROR or not errcode:
        return Unreachable(f"{what}: HTTP {status} {errcode}".rstrip())
    return RefusedByServer(status, errcode)


def _wait(milliseconds: object, retry_after: str) -> float:
    if isinstance(milliseconds, int | float) and not isinstance(milliseconds, bool):
        return min(max(milliseconds / 1000, 0.05), _LONGEST_WAIT)
    if retry_after.isascii() and retry_after.isdigit():
        return min(float(retry_after), _LONGEST_WAIT)
    return _DEFAULT_WAIT
