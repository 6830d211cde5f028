"""Vouching for our own device: the account's cross-signing keys, so that clients which shun unsigned devices talk to it.

Source: https://spec.matrix.org/v1.17/client-server-api/#cross-signing
"""

from __future__ import annotations

import base64
import json
import logging
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa

from bot.transports.base import Refused
from bot.transports.matrix.answer import ProofWanted, RefusedByServer
from bot.transports.matrix.rooms import mapping

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from Crypto.PublicKey.ECC import EccKey

    from bot.transports.matrix.answer import Json
    from bot.transports.matrix.homeserver import Homeserver

log = logging.getLogger(__name__)

Usage = Literal["master", "self_signing", "user_signing"]
"""What each of the three keys is for: to be known by, to sign our devices, to sign other people."""
SIGNING_KEYS = "cross-signing.json"
"""The file of the account's own keys: whoever has them can vouch for devices in its name."""
_USAGES: tuple[Usage, ...] = ("master", "self_signing", "user_signing")


class NotVouched(Refused):
    """Our device stays unsigned; the text says why, and what an operator can do."""


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """An account's three private keys."""

    keys: dict[Usage, EccKey]

    @classmethod
    def made(cls) -> SigningKeys:
        """Three new keys."""
        return cls({usage: ECC.generate(curve="Ed25519") for usage in _USAGES})

    @classmethod
    def read(cls, path: Path) -> SigningKeys | None:
        """Those of a file; None if there is no such file. Raises ValueError if it holds something else."""
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        try:
            seeds = {usage: base64.b64decode(said[usage], validate=True) for usage in _USAGES}
        except (KeyError, TypeError) as error:
            raise ValueError("these are no signing keys") from error
        return cls({usage: ECC.construct(curve="Ed25519", seed=seed) for usage, seed in seeds.items()})

    def write(self, path: Path) -> None:
        """Write them, whole or not at all, for our own user alone."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.part")
        part.unlink(missing_ok=True)
        said = {usage: base64.b64encode(key.seed).decode() for usage, key in self.keys.items()}
        with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            json.dump(said, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)

    def public(self, usage: Usage) -> str:
        """A public key, as Matrix writes it."""
        return _unpadded(self.keys[usage].public_key().export_key(format="raw"))

    def signed(self, content: Json, user: str, by: Usage) -> Json:
        """An object with the signature of one of the keys beside those it has."""
        bare = {name: value for name, value in content.items() if name not in ("signatures", "unsigned")}
        signature = _unpadded(eddsa.new(self.keys[by], "rfc8032").sign(_canonical(bare)))
        theirs = dict(mapping(mapping(content.get("signatures")).get(user)))
        return {**bare, "signatures": {user: {**theirs, f"ed25519:{self.public(by)}": signature}}}

    def described(self, usage: Usage, user: str) -> Json:
        """A public key as it is uploaded, signed by the master key if it is another."""
        public = self.public(usage)
        key: Json = {"user_id": user, "usage": [usage], "keys": {f"ed25519:{public}": public}}
        return key if usage == "master" else self.signed(key, user, "master")


class CrossSigning:
    """Sees to it that the server knows our keys, and that our device is signed with them."""

    def __init__(self, server: Homeserver, path: Path, password: str) -> None:
        self._server = server
        self._path = path
        self._password = password

    async def vouch(self, device: Json, sign: Callable[[Json], Awaitable[str]]) -> None:
        """Sign our device, given as it was uploaded; `sign` is its own signature. What is done already is not repeated.

        Raises:
            NotVouched: it stays unsigned.
            LoginRefused, Limited, Unreachable, Refused: as `Homeserver.call`.
        """
        me, name = self._server.user_id, str(device["device_id"])
        keys, known = await self.keys()
        if keys is None:
            keys = SigningKeys.made()
            keys.write(self._path)  # before anybody knows them
        if known != keys.public("master"):
            await self._server.call("PUT", *_ours(me), body={"master": keys.public("master")})
            await self._upload(keys, me)
        answer = await self._server.call("POST", "keys", "query", body={"device_keys": {me: [name]}})
        there = mapping(mapping(mapping(answer.get("device_keys")).get(me)).get(name))
        if f"ed25519:{keys.public('self_signing')}" in mapping(mapping(there.get("signatures")).get(me)):
            return
        master = keys.described("master", me)
        master |= {"signatures": {me: {f"ed25519:{name}": await sign(master)}}}
        body: Json = {me: {name: keys.signed(device, me, "self_signing"), keys.public("master"): master}}
        said = await self._server.call("POST", "keys", "signatures", "upload", body=body)
        if failures := said.get("failures"):
            log.debug("signatures refused: %s", failures)
            raise NotVouched("the server does not take the signature of our device")
        log.info("our device is signed with the account's keys")

    async def remark(self) -> str:
        """Say how the account stands, to an operator. Raises as `keys`."""
        keys, known = await self.keys()
        if keys is None or not known:
            return "encrypted rooms: the bot's device is signed at the first start"
        if keys.public("master") != known:
            return "encrypted rooms: the account's cross-signing keys are made anew at the next start"
        return "encrypted rooms: the bot's devices are signed with the account's keys"

    async def keys(self) -> tuple[SigningKeys | None, str]:
        """Our keys, None if they are yet to be made; and the master key that the server shows, "" if it shows none.

        Raises:
            NotVouched: the account's keys are not ours, or ours cannot be read.
            LoginRefused, Limited, Unreachable: as `Homeserver.call`.
        """
        me = self._server.user_id
        try:
            keys = SigningKeys.read(self._path)
        except (OSError, ValueError) as error:
            raise NotVouched(f"{self._path} cannot be read: mend it, or move it away") from error
        answer = await self._server.call("POST", "keys", "query", body={"device_keys": {me: []}})
        theirs = mapping(mapping(mapping(answer.get("master_keys")).get(me)).get("keys"))
        known = next((key for key in theirs.values() if isinstance(key, str)), "")
        if known and (keys is None or keys.public("master") != known) and known != await self._made_last():
            raise NotVouched(
                "the account's cross-signing keys were made by another client: verify this device there, "
                "or reset them there and start the bot again"
            )
        return keys, known

    async def _made_last(self) -> str:
        """The master key that a bot on this account made last: if it has lost it, it may make another."""
        try:
            said = await self._server.call("GET", *_ours(self._server.user_id))
        except RefusedByServer:
            return ""
        return str(said.get("master", ""))

    async def _upload(self, keys: SigningKeys, me: str) -> None:
        """Give the server our public keys; where the account has some, or by policy, it asks for the password."""
        body: Json = {f"{usage}_key": keys.described(usage, me) for usage in _USAGES}
        path = ("keys", "device_signing", "upload")
        try:
            await self._server.call("POST", *path, body=body)
        except ProofWanted as wanted:
            if not self._password or ["m.login.password"] not in wanted.flows:
                raise NotVouched(
                    "the server takes the account's cross-signing keys only with the account's password: "
                    "log in with the password once, or verify this device from another client"
                ) from wanted
            proof = {
                "type": "m.login.password",
                "identifier": {"type": "m.id.user", "user": me},
                "password": self._password,
                "session": wanted.session,
            }
            try:
                await self._server.call("POST", *path, body={**body, "auth": proof})
            except RefusedByServer as error:
                raise NotVouched(f"the server does not take our cross-signing keys: {error}") from error


def _ours(user: str) -> tuple[str, ...]:
    """Where the account remembers which master key a bot made for it."""
    return ("user", user, "account_data", "tocsin.cross_signing")


def _unpadded(raw: bytes) -> str:
    return base64.b64encode(raw).decode().rstrip("=")


def _canonical(content: Json) -> bytes:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
