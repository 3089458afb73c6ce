"""Where the sync stands, and moving it: `state show`, `state rewind`, `state reset`.

A rewound row is since, offset and updatedAt alone. Row and lock are checked and the row written in one transaction: a
run that began meanwhile, or another operator, makes it fail and change nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from ops.errors import OpsError, OpsExit, code_of
from ops.tables import facts
from ops.verbs import Context, add_group, add_verb, add_yes
from worker.timestamps import iso, parse_moment

if TYPE_CHECKING:
    from ops.verbs import Parsers

_KEY = "StateId"
_PEOPLE_SHOWN = 20
_ROW = ("since", "offset", "updatedAt")
_pack = TypeSerializer().serialize
_unpack = TypeDeserializer().deserialize

Item = Mapping[str, Any]


def add(verbs: Parsers) -> None:
    """`state`."""
    group = add_group(verbs, "state", summary="where the sync stands, and moving it")
    add_verb(
        group,
        "show",
        show,
        summary="where the sync stands, who holds the lock, who is remembered",
        teaches="Shows the state row, the lock, and how many people are waiting or parked (ids, at most twenty).",
    )
    rewind_parser = add_verb(
        group,
        "rewind",
        rewind,
        summary="let the next run read changes from an earlier moment",
        teaches="Sets `since` to an earlier moment and `offset` to 0. The next run reads everything that changed "
        "after it; whoever is in step already is left alone, so this is safe, and only takes longer.",
    )
    moment = rewind_parser.add_mutually_exclusive_group(required=True)
    moment.add_argument("--since", metavar="MOMENT", help="the moment with its zone: 2026-01-31T02:00:00Z")
    moment.add_argument("--days", type=int, metavar="N", help="so many days before now")
    reset_parser = add_verb(
        group,
        "reset",
        reset,
        summary="forget where the sync stands",
        teaches="Removes the state row. The next run begins as the very first did, InitialLookbackDays back. Who is "
        "remembered (waiting, parked, suspended by this product) stays remembered.",
    )
    for parser in (rewind_parser, reset_parser):
        add_yes(parser)


@dataclass(frozen=True)
class _Table:
    """The items of one state."""

    client: Any
    name: str
    state_id: str

    @classmethod
    def of(cls, context: Context) -> _Table:
        deployment = context.deployment
        return cls(context.client("dynamodb"), deployment.table_name, deployment.state_id)

    @property
    def lock_key(self) -> str:
        return f"{self.state_id}#lock"

    def get(self, key: str) -> Item | None:
        answer = self.client.get_item(TableName=self.name, Key={_KEY: _pack(key)}, ConsistentRead=True)
        return _plain(answer["Item"]) if "Item" in answer else None

    def people(self) -> list[Item]:
        pages = self.client.get_paginator("scan").paginate(
            TableName=self.name,
            FilterExpression="begins_with(#k, :p)",
            ExpressionAttributeNames={"#k": _KEY},
            ExpressionAttributeValues={":p": _pack(f"{self.state_id}#person#")},
        )
        return [_plain(item) for page in pages for item in page["Items"]]

    def replace(self, read: Item | None, new: Item | None, now: int) -> None:
        """Write `new` (None: remove the row) if the row is still what was read, and nobody holds the lock."""
        unlocked = {
            "TableName": self.name,
            "Key": {_KEY: _pack(self.lock_key)},
            "ConditionExpression": "attribute_not_exists(#k) OR #e <= :now",
            "ExpressionAttributeNames": {"#k": _KEY, "#e": "expires"},
            "ExpressionAttributeValues": {":now": _pack(now)},
        }
        change: dict[str, Any] = {"TableName": self.name, **_unchanged(read)}
        if new is None:
            write = {"Delete": {**change, "Key": {_KEY: _pack(self.state_id)}}}
        else:
            packed = {name: _pack(value) for name, value in {_KEY: self.state_id, **new}.items()}
            write = {"Put": {**change, "Item": packed}}
        try:
            self.client.transact_write_items(TransactItems=[{"ConditionCheck": unlocked}, write])
        except ClientError as fault:
            if code_of(fault) != "TransactionCanceledException":
                raise
            raise OpsError(
                "a run began, or the row was changed, at this very moment; nothing was changed",
                advice="wait for the run to end, look at the state, and try again",
                exit_code=OpsExit.LOCKED,
            ) from None


def show(context: Context) -> int:
    """Print it."""
    table = _Table.of(context)
    row, lock, people = table.get(table.state_id), table.get(table.lock_key), table.people()
    if row is None:
        context.terminal.say("There is no state row: the next run begins InitialLookbackDays back.")
    else:
        context.terminal.say("State\n" + facts([*((name, row.get(name)) for name in _ROW), *_window(row)]))
    context.terminal.say(f"Lock\n{facts(_lock_facts(lock, context))}")
    context.terminal.say(f"People\n{facts(_people_facts(people))}")
    return OpsExit.DONE


def rewind(context: Context) -> int:
    """Move it back."""
    now = datetime.fromtimestamp(context.pace.clock(), UTC)
    since = _wanted(context, now)
    table = _Table.of(context)
    row = _unlocked_row(context, table)
    present = parse_moment(row.get("since")) if row else None
    if present is not None and since > present:
        raise OpsError(
            f"{iso(since)} is later than where the sync stands ({iso(present)}): changes between would be lost",
            advice="name an earlier moment; the sync moves forward by itself",
            exit_code=OpsExit.USAGE,
        )
    context.terminal.confirm(
        f"Let the next run of {context.env} read every change since {iso(since)} (now: {_position(row)})?",
        yes=context.options.yes,
    )
    table.replace(row, {"since": iso(since), "offset": 0, "updatedAt": iso(now)}, int(context.pace.clock()))
    context.terminal.say(f"The next run of {context.env} reads every change since {iso(since)}.")
    return OpsExit.DONE


def reset(context: Context) -> int:
    """Remove it."""
    table = _Table.of(context)
    row = _unlocked_row(context, table)
    if row is None:
        context.terminal.say("There is no state row; nothing to reset.")
        return OpsExit.DONE
    context.terminal.confirm(
        f"Forget where the sync of {context.env} stands ({_position(row)})? The next run begins InitialLookbackDays"
        " back.",
        yes=context.options.yes,
    )
    table.replace(row, None, int(context.pace.clock()))
    context.terminal.say(f"The state row is gone; it was: {_position(row)}.")
    return OpsExit.DONE


def _wanted(context: Context, now: datetime) -> datetime:
    options = context.options
    since = now - timedelta(days=options.days) if options.since is None else parse_moment(options.since)
    if since is None:
        raise OpsError(
            f"{options.since} is no moment with a zone",
            advice="write it as 2026-01-31T02:00:00Z",
            exit_code=OpsExit.USAGE,
        )
    if since > now:
        raise OpsError(f"{iso(since)} is in the future", advice="name a moment that is over", exit_code=OpsExit.USAGE)
    return since


def _unlocked_row(context: Context, table: _Table) -> Item | None:
    lock = table.get(table.lock_key)
    left = _seconds_left(lock, context)
    if lock is not None and left > 0:
        raise OpsError(
            f"the run {lock.get('owner')} holds the lock, for {left} s more unless it renews it; nothing was changed",
            advice=f"wait for its end, or stop it: make stop {context.in_env}; the lock of a dead run frees itself"
            " within five minutes",
            exit_code=OpsExit.LOCKED,
        )
    return table.get(table.state_id)


def _seconds_left(lock: Item | None, context: Context) -> int:
    return int(lock.get("expires", 0)) - int(context.pace.clock()) if lock else 0


def _unchanged(read: Item | None) -> dict[str, Any]:
    if read is None:
        return {"ConditionExpression": "attribute_not_exists(#k)", "ExpressionAttributeNames": {"#k": _KEY}}
    there = [name for name in _ROW if name in read]
    return {
        "ConditionExpression": " AND ".join(["attribute_exists(#k)", *(f"#{name} = :{name}" for name in there)]),
        "ExpressionAttributeNames": {"#k": _KEY, **{f"#{name}": name for name in there}},
        **({"ExpressionAttributeValues": {f":{name}": _pack(read[name]) for name in there}} if there else {}),
    }


def _position(row: Item | None) -> str:
    return f"since {row.get('since')}, offset {row.get('offset')}" if row else "no row"


def _window(row: Item) -> list[tuple[str, object]]:
    window = row.get("window") or {}
    return [
        ("window opened", window.get("latest")),
        ("last person done", window.get("lastId")),
        ("pinned runs", window.get("pinnedRuns")),
    ]


def _lock_facts(lock: Item | None, context: Context) -> list[tuple[str, object]]:
    left = _seconds_left(lock, context)
    if lock is None or left <= 0:
        return [("held", "no")]
    return [("held", f"for {left} s more unless it is renewed"), ("by run", lock.get("owner"))]


def _people_facts(people: list[Item]) -> list[tuple[str, object]]:
    reasons = Counter(str(person.get("reason") or "") for person in people)
    told: list[tuple[str, object]] = [("remembered", len(people))]
    for reason in sorted(reasons):
        if reason:
            ids = sorted(int(person[_KEY].rsplit("#", 1)[1]) for person in people if person.get("reason") == reason)
            more = len(ids) - _PEOPLE_SHOWN
            told.append((reason, ", ".join(map(str, ids[:_PEOPLE_SHOWN])) + (f" and {more} more" if more > 0 else "")))
    return told


def _plain(item: Mapping[str, Any]) -> Item:
    return {name: _unpack(value) for name, value in item.items()}
