"""A Moodle with the rules of a real one, and a batch writer that writes to it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qsl

from tests.sandbox.moodle import TOKEN, MoodleApp, MoodleSite, Settings
from tests.sandbox.wire import Fault, Request, Response, Switchboard
from tests.worker.clients import Patient, moodle_client, transport_to
from worker.errors import LockLost, SyncError
from worker.model import reasons
from worker.model.account import Account
from worker.model.reasons import Reason
from worker.model.step import Action, FieldChange, Status, Step, StepResult
from worker.moodle.client import MoodleClient
from worker.runs.batch_writer import BatchWriter, WriteGate

CREATE, UPDATE = "core_user_create_users", "core_user_update_users"
BY_FIELD = "core_user_get_users_by_field"
DONE, REFUSED, FAILED, NOT_EDITABLE = Status.DONE, Status.REFUSED, Status.FAILED, Status.NOT_EDITABLE


class _Watched:
    """The site's app; `before` is called before every request, `instead` may respond in place of the app."""

    def __init__(self, app: MoodleApp) -> None:
        self.app = app
        self.bodies: list[dict[str, str]] = []
        self.before: Callable[[str], None] = lambda _: None
        self.instead: Callable[[str], Response | None] = lambda _: None

    def operation(self, request: Request) -> str:
        return self.app.operation(request)

    def touched(self, request: Request) -> set[str]:
        return self.app.touched(request)

    def answer(self, request: Request) -> Response:
        self.bodies.append(dict(parse_qsl(request.body.decode(), keep_blank_values=True)))
        self.before(self.operation(request))
        return self.instead(self.operation(request)) or self.app.answer(request)


@dataclass
class SandboxWriter:
    """The site, its faults and calls, and the writer's results."""

    site: MoodleSite = field(default_factory=MoodleSite)
    batch_size: int = 50
    concurrency: int = 1
    permits: int = 0
    """How often the gate was checked."""
    permits_left: int = 10**9
    """The number of checks after which the lock is lost."""
    batches: list[list[int]] = field(default_factory=list)
    """The employee ids of each batch that was begun."""
    reported: list[StepResult] = field(default_factory=list)
    ended_by: SyncError | None = None

    def __post_init__(self) -> None:
        self.watched = _Watched(MoodleApp(self.site))
        self.board = Switchboard(self.watched)
        self.patient = Patient()

    @property
    def moodle(self) -> MoodleClient:
        return moodle_client(
            transport_to(self.board, stopping=self.patient),
            token=TOKEN,
            batch_size=self.batch_size,
            concurrency=self.concurrency,
        )

    def write(
        self, *steps: Step, isolated: Collection[int] = (), unanswered_ids: Collection[int] = ()
    ) -> Mapping[int, StepResult]:
        """Write these steps.

        Args:
            steps: The steps.
            isolated: The employees whose records were refused alone in the last run.
            unanswered_ids: Those of them whose request got no answer.
        """
        self.board.calls.clear()
        writer = BatchWriter(
            self.moodle, cast(WriteGate, self), self.reported.append, self.patient.wait, isolated, unanswered_ids
        )
        results = writer.write(steps)
        self.ended_by = writer.ended_by
        return results

    # The gate

    def check(self) -> None:
        self.permits += 1
        if self.permits > self.permits_left:
            raise LockLost("the lock is lost")

    def prepare(self, batch: Sequence[Step]) -> None:
        self.batches.append([step.employee_id for step in batch])

    def fail(self, kind: Any, operation: str, **more: Any) -> None:
        self.board.faults.append(Fault(kind, operation, **more))

    def calls(self, operation: str) -> int:
        return self.board.calls.count(operation)

    # Accounts

    def add(self, number: int, **columns: Any) -> Account:
        """Add an account linked to employee `number`."""
        values_by_default = {
            "firstname": f"First{number}",
            "lastname": "L",
            "email": f"u{number}@x.example",
            "idnumber": str(number),
            "auth": "oidc",
        }
        return self.account(self.site.add_user(f"u{number}", **{**values_by_default, **columns}))

    def updates(self, numbers: Iterable[int], **fields: Any) -> list[Step]:
        """Add an account for each of these employees, and return an update of each."""
        return [update(number, self.add(number), **fields) for number in numbers]

    def account(self, account_id: int) -> Account:
        """Return what Moodle holds now."""
        user = self.site.user(account_id)
        values = {name: user[name] for name in ("firstname", "lastname", "email", "department", "city")}
        return Account(account_id, user["username"], user["idnumber"], user["auth"], user["suspended"], values)

    def linked_accounts(self) -> dict[int, dict[str, Any]]:
        """Return the accounts by idnumber; fail if two have the same one."""
        users = [user for user in self.site.users() if user["idnumber"]]
        found = {int(user["idnumber"]): user for user in users}
        assert len(found) == len(users), "two accounts have the same idnumber"
        return found


def create(number: int, *, depends_on: Iterable[int] = (), problem: Reason | None = None, **fields: str) -> Step:
    """Return a creation with its fields in the order of a plan: idnumber before optional fields, the e-mail last."""
    values = {
        "auth": "oidc",
        "idnumber": str(number),
        "username": f"u{number}",
        "firstname": f"First{number}",
        "lastname": "L",
        **fields,
    }
    values["email"] = values.pop("email", f"u{number}@x.example")
    changes = tuple(FieldChange(name, None, value) for name, value in values.items())
    return Step(number, Action.CREATE, reasons.NEW, changes=changes, depends_on=frozenset(depends_on), problem=problem)


def creates(first: int, last: int) -> list[Step]:
    """Return the creation of each employee from the first to the last."""
    return [create(number) for number in range(first, last + 1)]


def update(
    number: int,
    account: Account,
    *,
    action: Action = Action.UPDATE,
    depends_on: Iterable[int] = (),
    problem: Reason | None = None,
    **fields: str,
) -> Step:
    """Return an update of an account."""
    present = {**account.values, "username": account.username, "idnumber": account.idnumber}
    changes = tuple(FieldChange(name, present.get(name, ""), value) for name, value in fields.items())
    return Step(number, action, reasons.DIFFERS, account, changes, frozenset(depends_on), problem)


def suspend(number: int, account: Account) -> Step:
    return update(number, account, action=Action.SUSPEND, suspended="1")


def statuses(results: Mapping[int, StepResult]) -> dict[int, Status]:
    return {number: result.status for number, result in results.items()}


def small_site(**settings: Any) -> MoodleSite:
    return MoodleSite(Settings(**settings))
