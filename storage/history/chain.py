"""The audit chain: append-only, each line's hash over the line before it.

In: drafts, inside the transaction of the change they describe. Out: lines, and a verdict on the whole chain.
A hash is SHA-256 over the previous hash and the canonical JSON of n, at, actor, act, ref, facts, text_digest. Personal
text lies beside the chain under a salted digest, so it can be erased and the chain still verifies.
Must change together: `_hash`, the triggers and `chain_head` in `storage/migrations`.
Source: the construction of RFC 6962 in its simplest form. Without a copy of the head outside (the daily seal), whoever
holds the database can rebuild the whole chain; `verify` therefore takes a seal.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from sqlalchemy import Connection, Executable, Table, insert, select, text
from sqlalchemy.orm import Session

from storage.models import AuditLine, AuditText

GENESIS = "0" * 64
_canonical = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_LAST = select(AuditLine.n, AuditLine.hash).order_by(AuditLine.n.desc()).limit(1)
_LINES, _TEXTS = insert(cast("Table", AuditLine.__table__)), insert(cast("Table", AuditText.__table__))
_LOCKED = text("SELECT n, hash FROM chain_head()")  # PostgreSQL: nobody else writes behind it before this commits


@dataclass(frozen=True)
class ChainDraft:
    """An audit line that is not in the chain yet."""

    actor: str
    act: str
    ref: str
    facts: str
    personal: str


@dataclass(frozen=True)
class Head:
    """The end of the chain: its length and last hash. What a seal says outside."""

    n: int
    hash: str


@dataclass(frozen=True)
class Verdict:
    """`bad_n` is the first line that does not fit, `why` as a code; None means the chain is whole."""

    head: Head
    bad_n: int | None
    why: str


def head(session: Session) -> Head:
    """The last line's number and hash; (0, zeros) for an empty chain."""
    return _head(session, _LAST)


def _head(where: Session | Connection, asked: Executable) -> Head:
    row = where.execute(asked).first()
    return Head(row.n, row.hash) if row else Head(0, GENESIS)


def append(connection: Connection, drafts: Iterable[ChainDraft], *, at: datetime) -> None:
    """Add lines at the end. On SQLite the caller's write transaction is the only one; on PostgreSQL others wait."""
    last = _head(connection, _LOCKED if connection.dialect.name == "postgresql" else _LAST)
    lines, texts = [], []
    for draft in drafts:
        n = last.n + 1
        salt = secrets.token_hex(16) if draft.personal else ""
        text_digest = _text_digest(salt, draft.personal) if draft.personal else ""
        digest = _hash(last.hash, n, at, draft.actor, draft.act, draft.ref, draft.facts, text_digest)
        lines.append(
            {"n": n, "at": at, "actor": draft.actor, "act": draft.act, "ref": draft.ref, "facts": draft.facts}
            | {"text_digest": text_digest, "previous": last.hash, "hash": digest}
        )
        if draft.personal:
            texts.append({"n": n, "salt": salt, "text": draft.personal})
        last = Head(n, digest)
    connection.execute(_LINES, lines)
    if texts:
        connection.execute(_TEXTS, texts)


def verify(session: Session, seal: Head | None = None) -> Verdict:
    """Walk the whole chain. With a seal (a head noted outside), a cut or rewritten past is found as well."""
    last = Head(0, GENESIS)
    statement = select(AuditLine, AuditText).outerjoin(AuditText, AuditText.n == AuditLine.n).order_by(AuditLine.n)
    with session.execute(statement.execution_options(yield_per=1000)) as lines:
        for line, kept in lines:
            if why := _misfit(line, kept, last, seal):
                return Verdict(last, last.n + 1, why)
            last = Head(line.n, line.hash)
    if seal and last.n < seal.n:
        return Verdict(last, last.n + 1, "shorter_than_seal")
    return Verdict(last, None, "")


def _misfit(line: AuditLine, kept: AuditText | None, last: Head, seal: Head | None) -> str:
    """Why a line does not fit behind the last good one, as a code; nothing, where it does."""
    digest = _hash(last.hash, line.n, line.at, line.actor, line.act, line.ref, line.facts, line.text_digest)
    findings = {
        "line_missing": line.n != last.n + 1,
        "wrong_predecessor": line.previous != last.hash,
        "line_changed": line.hash != digest,
        "text_changed": kept and _text_digest(kept.salt, kept.text) != line.text_digest,
        "other_than_sealed": seal and line.n == seal.n and line.hash != seal.hash,
    }
    return next((why for why, found in findings.items() if found), "")


def _text_digest(salt: str, personal: str) -> str:
    return hashlib.sha256((salt + personal).encode("utf-8", "surrogatepass")).hexdigest()


def _hash(previous: str, n: int, at: datetime, *parts: str) -> str:
    canonical = _canonical([n, at.astimezone(UTC).isoformat(), *parts])
    return hashlib.sha256((previous + canonical).encode("utf-8", "surrogatepass")).hexdigest()
