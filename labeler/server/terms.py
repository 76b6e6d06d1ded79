"""The metadata in which a client says on what terms it asks for a change; labeler.proto describes them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from google.protobuf.message import Message

from labeler.rpc.convert import CLIENT, EDIT_ID, IF_MATCH
from labeler.server.accounts import Caller
from labeler.server.changes import Terms
from labeler.server.errors import invalid

_LONGEST = 64
_HIGHEST = 2**63 - 1


def with_terms(caller: Caller, metadata: Mapping[str, str]) -> Caller:
    """The caller with the terms of one call. Raises RpcError (INVALID_ARGUMENT) for values that are none."""
    edit_id, if_match, client = (metadata.get(name, "") for name in (EDIT_ID, IF_MATCH, CLIENT))
    if not (edit_id or if_match or client):
        return caller
    for name, value in ((EDIT_ID, edit_id), (CLIENT, client)):
        if len(value) > _LONGEST:
            raise invalid(name, f"longer than {_LONGEST} characters")
    if if_match and not (if_match.isascii() and if_match.isdigit() and len(if_match) <= len(str(_HIGHEST))):
        raise invalid(IF_MATCH, f"{if_match[:_LONGEST]!r} is no version")
    return replace(caller, terms=Terms(edit_id, b"", int(if_match) if if_match else None, author_of(client)))


def asking(caller: Caller, method: str, request: Message) -> Caller:
    """The caller with what is asked in the terms, so that an edit id stands for one request alone."""
    if not caller.terms.edit_id:
        return caller
    content = request.SerializeToString(deterministic=True)
    digest = hashlib.sha256(method.encode() + b"\0" + content).digest()
    return replace(caller, terms=replace(caller.terms, request=digest))


def author_of(client: str) -> int:
    """The number that stands for a client's name; 0 without one."""
    return int.from_bytes(hashlib.sha256(client.encode()).digest()[:8], "big") % _HIGHEST + 1 if client else 0
