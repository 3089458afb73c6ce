"""What the tables of written values are made of: employees, accounts and mappings."""

from __future__ import annotations

from tests.worker.builders import (
    listed,
    mapping_of,
    run_settings,
)
from tests.worker.planning.cases import Values
from worker.model.field_kinds import FieldKind

ADA = listed(7, first_name="Ada", last_name="Lovelace", work_email="Ada@acme.example", department="Engines")
INCOMPLETE = "unreadable_fields"
BLANKS = ("", "   ", "\x01", "<>")
HIDEABLE = ("first_name", "last_name", "work_email", "department")

CREATE_ONLY: Values = {
    "department": {"from": "department", "when": "create"},
    "email": {"from": "work_email", "when": "create"},
}
ONLY_NEW: Values = {"mapping": mapping_of(**CREATE_ONLY)}
COUNTRY: Values = {"mapping": mapping_of(country="country")}
SITE: Values = {"mapping": mapping_of(profile_field_site="location")}
SPOKEN: Values = {"mapping": mapping_of(lang={"from": "location", "map": {"cork": "ga", "Bonn": "de"}})}
SPOKEN_OR_ENGLISH: Values = {
    "mapping": mapping_of(lang={"from": "location", "map": {"Bonn": "de"}, "otherwise": "en"}, middlename="middle_name")
}
PREFERRED: Values = {"mapping": mapping_of(firstname=["preferred_name", "first_name"])}
DASH: Values = {"mapping": run_settings(DEFAULT_LAST_NAME="-").mapping}

BARE: Values = {
    **{"auth": "oidc", "idnumber": "1", "username": "p1@acme.example"},
    **{"firstname": "First1", "lastname": "Last1", "email": "p1@acme.example"},
}
NEW: Values = {**BARE, "department": "Sales"}
IN_CORK: Values = {"profile_field_site": "Cork"}
DATE: Values = {**SITE, "kinds": {"profile_field_site": FieldKind("datetime", is_raw=True)}}
