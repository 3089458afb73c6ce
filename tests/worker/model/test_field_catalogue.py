"""The name under which a field is read that a setting names."""

from __future__ import annotations

import pytest

from worker.model.field_catalogue import MAPPABLE, field_name


@pytest.mark.parametrize(
    ("named", "name"),
    [
        *((name, name) for name in MAPPABLE),
        ("bamboohr:firstName", "first_name"),
        ("bamboohr:customGrade", "bamboohr:customGrade"),
        ("bamboohr:4310.0", "bamboohr:4310.0"),
        ("bamboohr:id", None),
        ("bamboohr:status", None),
        ("bamboohr:employmentStatus", None),
        ("bamboohr:", None),
        ("customGrade", None),
        ("firstName", None),
        ("status", None),
        ("first_name ", None),
    ],
)
def test_a_field_has_one_name(named: str, name: str | None) -> None:
    assert field_name(named) == name
