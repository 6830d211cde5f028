"""Our own keys on the server: the device's, those others begin a session with, and one for when they run out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.transports.matrix.rooms import mapping

if TYPE_CHECKING:
    from bot.transports.matrix.answer import Json
    from bot.transports.matrix.encryption.machine import Machine

_CURVE = "signed_curve25519"


class Uploads:
    """What the server should be given, saved first: who uses a key that we have lost cannot be understood."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._fallback: Json | None = None

    def due(self, counts: object, unused_fallback: object) -> Json:
        """What to upload, after what a sync answer said the server has; empty if it has enough. Raises sqlite3.Error."""
        machine, content = self._machine, dict[str, Any]()
        account = machine.account._account  # noqa: SLF001 - nio passes on less than it can
        if not machine.account.shared:
            content["device_keys"] = self.device_keys()
        have = mapping(counts).get(_CURVE, 0)
        wanted = machine.account.max_one_time_keys
        if isinstance(have, int) and (isinstance(counts, dict) or content) and have <= wanted // 2:
            if not account.one_time_keys:
                account.generate_one_time_keys(wanted - max(0, have))
            content["one_time_keys"] = self._signed(account.one_time_keys)
        if content.get("device_keys") or (
            isinstance(unused_fallback, list) and _CURVE not in unused_fallback
        ):
            if self._fallback is None:
                account.generate_fallback_key()
                self._fallback = self._signed(account.fallback_key, fallback=True)
            content["fallback_keys"] = self._fallback
        if content:
            with machine.keys.transaction():
                machine.save_account()
        return content

    def were_taken(self) -> None:
        """The server has them. Raises sqlite3.Error."""
        machine, self._fallback = self._machine, None
        machine.account.shared = True
        machine.mark_keys_as_published()
        with machine.keys.transaction():
            machine.save_account()

    def device_keys(self) -> Json:
        """Our device as others are shown it, signed by itself."""
        machine = self._machine
        identity = machine.account.identity_keys
        return self._sign(
            {
                "algorithms": machine._algorithms,  # noqa: SLF001 - as nio's own upload names them
                "device_id": machine.device_id,
                "user_id": machine.user_id,
                "keys": {f"{kind}:{machine.device_id}": identity[kind] for kind in ("curve25519", "ed25519")},
            }
        )

    def _signed(self, keys: dict[str, Any], *, fallback: bool = False) -> Json:
        also: Json = {"fallback": True} if fallback else {}
        return {
            f"{_CURVE}:{name}": self._sign({"key": key.to_base64(), **also}) for name, key in keys.items()
        }

    def _sign(self, content: Json) -> Json:
        machine = self._machine
        signature = machine.sign_json(content)
        return {**content, "signatures": {machine.user_id: {f"ed25519:{machine.device_id}": signature}}}
