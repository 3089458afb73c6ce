"""The company and the site that a state belongs to, whatever way their addresses are written."""

from __future__ import annotations

import pytest

from worker.model.position import Binding


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("https://learn.example.com", "learn.example.com"),
        ("http://Learn.Example.com/", "learn.example.com"),
        ("https://learn.example.com:443/moodle/", "learn.example.com/moodle"),
        ("http://learn.example.com:80/moodle", "learn.example.com/moodle"),
        ("https://learn.example.com:8443", "learn.example.com:8443"),
        ("http://learn.example.com:443", "learn.example.com:443"),
        ("https://learn.example.com/Moodle", "learn.example.com/Moodle"),
        ("https://learn.example.com/X/", "learn.example.com/X"),
    ],
)
def test_a_site_is_its_host_and_path(address: str, site: str) -> None:
    assert Binding.of("Acme", address) == Binding("acme", site)


def test_a_binding_names_both_unless_one_cannot_be_read() -> None:
    assert str(Binding("acme", "learn.example.com")) == "company acme and site learn.example.com"
    assert {str(one) for one in (Binding("", ""), Binding("acme", ""), Binding("", "learn.example.com"))} == {
        "no company and site that can be read (its item #binding is malformed)"
    }
