"""GET /api/v1/employees/{id}: some fields of one employee."""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import quoteattr

from ..wire import Response
from .answers import Call, json_body, moment, xml_answer, xml_field
from .company import Employee, display_name
from .fields import CANONICAL, DATES, JOB

_MOST_FIELDS: Final = 400


def employee(call: Call, id: str) -> Response:
    """The fields that were asked for and may be read; the rest is left out silently."""
    names = [name for name in call.last("fields").split(",") if name]
    if len(names) > _MOST_FIELDS:
        return call.refuse(400, f"{_MOST_FIELDS} fields at most")
    if id == "0":
        if call.settings.key_owner is None:
            return _answer(call, "0", {})
        id = call.settings.key_owner
    found = call.company.find(id)
    if found is None:
        return call.refuse(404, f"There is no employee {id}")
    if id in call.settings.invisible:
        name = f"{display_name(found.values)} ({found.values.get('workEmail')})"
        return call.refuse(403, f"{call.settings.key_user} may not view {name}")
    return _answer(call, id, _values(call, found, names))


def _values(call: Call, employee: Employee, names: list[str]) -> dict[str, object]:
    settings = call.settings
    forbidden = settings.get_restricted | settings.restricted_for.get(employee.id, frozenset())
    record = call.company.record(employee)
    if call.only_current and not settings.future_jobs_shown and call.company.starts_later(employee):
        record = {name: value for name, value in record.items() if name not in JOB}
    record["lastChanged"] = moment(call.company.changes[employee.id].at, "offset")
    record["photoUploaded"] = "true" if record.get("photoUrl") else "false"
    known = CANONICAL | call.company.known_fields
    shown = {name: _shown(call, name, record.get(name)) for name in names if name in known and name not in forbidden}
    return {name: settings.garbled_value(employee.id, name, value) for name, value in shown.items()}


def _shown(call: Call, name: str, value: str | None) -> str | None:
    if name in DATES:
        return value or call.settings.get_unset_date
    if name == "state":
        value = call.settings.get_states.get(value or "", value)
    # An empty text that was stored as such stays one.
    return call.settings.get_unset if value is None else value


def _answer(call: Call, id: str, values: dict[str, object]) -> Response:
    if call.wants_json:
        return Response(200, json_body({"id": id, **values}))
    fields = (xml_field(name, value) for name, value in values.items() if name != "id")
    return xml_answer([f"<employee id={quoteattr(id)}>", *fields, "</employee>"])
