"""The log: JSON lines of this product, and not a word of anybody else."""

from __future__ import annotations

import io
import json
import logging
import re
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from worker import logs


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """The log, started over another set-up; what other tests see of logging is put back afterwards."""
    root, ours = logging.getLogger(), logging.getLogger("worker")
    before = (root.handlers, root.level, ours.handlers, ours.level, ours.propagate)
    stream = io.StringIO()
    root.handlers = [logging.StreamHandler(stream)]
    logs.start_logging(stream)
    yield stream
    root.handlers, level, ours.handlers, own_level, ours.propagate = before
    root.setLevel(level)
    ours.setLevel(own_level)
    logging.captureWarnings(capture=False)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_every_event_is_one_json_object_on_one_line(stream: io.StringIO) -> None:
    logs.info("sync.window", total_changed=3)
    logs.warning("sync.warning", reason="two\nlines")
    logs.error("sync.person", employee_id=7, fields=["email"], account_id=None)

    told = lines(stream)

    assert [(line["level"], line["event"]) for line in told] == [
        ("info", "sync.window"),
        ("warning", "sync.warning"),
        ("error", "sync.person"),
    ]
    assert told[0]["total_changed"] == 3
    assert told[1]["reason"] == "two\nlines"
    assert (told[2]["employee_id"], told[2]["fields"], told[2]["account_id"]) == (7, ["email"], None)


def test_every_line_has_its_time_in_utc(stream: io.StringIO) -> None:
    logs.info("sync.window")

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", lines(stream)[0]["time"])


def test_what_json_does_not_know_is_reported_as_text(stream: io.StringIO) -> None:
    logs.info("sync.window", code=logging.INFO, kind=ValueError)

    assert lines(stream)[0]["kind"] == "<class 'ValueError'>"


@pytest.mark.parametrize("name", [None, "urllib3.connectionpool", "botocore.endpoint", "requests", "py.warnings"])
def test_other_libraries_are_silent_because_they_quote_urls_and_bodies(
    stream: io.StringIO, capsys: pytest.CaptureFixture[str], name: str | None
) -> None:
    logging.getLogger(name).critical("POST /webservice?wstoken=hush email=jane@acme.example")

    assert stream.getvalue() == ""
    assert capsys.readouterr() == ("", "")


def test_a_warning_of_a_library_is_silent_as_well(stream: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings(record=True) as printed:
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logs.start_logging(stream)
        warnings.warn("insecure request to https://learn.example.com?wstoken=hush", UserWarning, stacklevel=1)
        logging.captureWarnings(capture=False)

    assert printed == []
    assert stream.getvalue() == ""
    assert capsys.readouterr() == ("", "")


def test_started_twice_every_line_comes_once(stream: io.StringIO) -> None:
    logs.start_logging(stream)

    logs.info("sync.window")

    assert len(lines(stream)) == 1


def test_without_another_stream_the_log_goes_to_stderr(stream: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    logs.start_logging()

    logs.info("sync.window")

    out, err = capsys.readouterr()
    assert out == ""
    assert json.loads(err)["event"] == "sync.window"


def deep(levels: int) -> None:
    if levels == 0:
        raise ValueError("cannot parse jane@acme.example")
    deep(levels - 1)


def test_a_crash_is_reported_by_its_places_and_never_by_its_text() -> None:
    with pytest.raises(ValueError, match="jane") as caught:
        deep(20)

    where = logs.where(caught.value)

    assert len(where) == 8
    assert re.fullmatch(r"test_logs\.py:\d+ deep", where[-1])
    assert "jane" not in " ".join(where)


def test_a_crash_inside_another_is_reported_by_its_own_places() -> None:
    try:
        try:
            deep(0)
        except ValueError as first:
            raise RuntimeError("while reading Jane Doe") from first
    except RuntimeError as second:
        where = logs.where(second)

    assert len(where) == 1
    assert "Jane" not in where[0]
