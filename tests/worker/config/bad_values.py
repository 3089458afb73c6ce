"""Values that no setting takes, one list for both entrances: the worker's variables and an environment's file."""

from __future__ import annotations

import json
from dataclasses import dataclass

URL = 'expected an https address (http only to loopback) without user, query or fragment, as in "'
DOMAIN = (
    'expected the first label of the company\'s BambooHR address: "acme" of https://acme.bamboohr.com, as in "acme"'
)
ENTRY = (
    'expected a BambooHR field, a list of them, a table with "from", "when" and "default", or false to leave it alone'
)
FIELD = "expected a BambooHR field: first_name, last_name, "
TARGET = (
    "expected a Moodle field that can be updated: firstname, lastname, email, department, institution, city, country"
)
TEMPLATE = "expected a template of {work_email}, {first_name}, {last_name}, {employee_id}"
SECRET = "(not shown)"


@dataclass(frozen=True)
class Bad:
    """A value, and the message about it.

    Attributes:
        setting: The variable in lower case.
        value: The value as TOML has it.
        says: How what follows the value begins.
        at: The part of the setting that is named.
        shown: The value in the message, if it is not the whole one.
        ends: How the message ends.
    """

    setting: str
    value: object
    says: str
    at: str = ""
    shown: str = ""
    ends: str = ""

    def is_told(self, fault: str, name: str) -> bool:
        """Whether a fault is the message about this value under the name of its entrance."""
        shown = self.shown or json.dumps(self.value, ensure_ascii=False)
        said = "" if self.shown == "-" else f" = {shown}"
        return fault.startswith(f"{name}{self.at}{said} is {self.says}") and fault.endswith(self.ends)

    def __str__(self) -> str:
        return f"{self.setting} = {self.value}"[:80]


def refused(setting: str, value: object, says: str, **more: str) -> Bad:
    return Bad(setting, value, f"not allowed; {says}", **more)


def mapping(target: str, entry: object, says: str, *, at: str = "", shown: str = "", ends: str = "") -> Bad:
    shown = shown or json.dumps(entry)
    return Bad("field_mapping", {target: entry}, says, at=f".{target}{at}", shown=shown, ends=ends)


BAD = [
    *(
        refused("bamboo_company_domain", text, DOMAIN)
        for text in (
            "acme.bamboohr.com",
            "https://acme",
            "acme/../x",
            "me@acme",
            "-acme",
            "acme-",
            "a_b",
            "a c",
            "äcme",
        )
    ),
    refused("bamboo_company_domain", "x" * 64, DOMAIN),
    *(
        refused(setting, url, URL)
        for setting in ("moodle_base_url", "bamboo_base_url")
        for url in (
            "lxp.example",
            "http://lxp.example",
            "http://localhost.lxp.example",
            "http://127.0.0.1.lxp.example",
            "http://10.0.0.1",
            "http://0.0.0.0",
            "ftp://lxp.example",
            "https://",
            "https://:443",
            "https://lxp.example:port",
            "https://lxp.example:0",
            "https://lxp .example",
        )
    ),
    *(
        refused("moodle_base_url", url, URL, shown=SECRET)
        for url in (
            "https://me:hush@lxp.example",
            "https://lxp.example?a=hush",
            "https://lxp.example#hush",
            "me:hush@lxp",
        )
    ),
    *(
        refused(setting, value, f"expected a whole number from {low} to {high}")
        for setting, low, high in (
            ("batch_size", -1_000_000, 1_000_000),
            ("initial_lookback_days", 0, 18_250),
            ("max_suspensions", 0, 200),
            ("max_attempts", 0, 1_000),
            ("hire_lookahead_days", 0, 90),
            ("moodle_batch_size", 1, 100),
            ("moodle_concurrency", 1, 8),
            ("http_timeout_seconds", 1, 60),
            ("max_run_minutes", 1, 1_440),
        )
        for value in (low - 1, high + 1, "many", "6 0", "60.0", "6e1", "0x10", "\u0663", "9" * 10)
    ),
    *(
        refused(
            "moodle_auth", text, "expected the short name of an authentication plugin that employees can log in with"
        )
        for text in ("nologin", "webservice", "mnet", "OIDC", "2fa", "a b")
    ),
    refused("reactivate", "alway", 'expected "ours" or "always"', ends='; did you mean "always"?'),
    refused("username_template", "{work_mail}", TEMPLATE, ends='; did you mean "{work_email}"?'),
    *(
        refused("username_template", text, "expected a template of {work_email}")
        for text in ("{}", "{x}", "{work_email[0]}", "{work_email.upper}", "{work_email", "}", "{work_email:{x}}")
    ),
    *(refused("username_template", text, TEMPLATE) for text in ("{employee_id:06d}", "{work_email!x}")),
    refused("username_template", "sync", "expected a template with at least one of {work_email}"),
    refused("moodle_auth", "0123456789abcdef" * 2, "expected the short name", shown=SECRET),
    refused(
        "field_mapping", [], 'expected a table of Moodle fields and their BambooHR fields, as in {"institution": "'
    ),
    mapping("departement", "city", f"not allowed; {TARGET}", shown="-", ends='; did you mean "department"?'),
    *(
        mapping(target, "city", f"not allowed; {TARGET}", shown="-")
        for target in ("idnumber", "password", "MOODLE_AUTH", "profile_field_", "profile_field_a-b")
    ),
    mapping("city", "divsion", f"not allowed; {FIELD}", ends='; did you mean "division"?'),
    mapping("city", "status", f"not allowed; {FIELD}"),
    mapping("city", ["city", "town"], f"not allowed; {FIELD}", shown='"town"'),
    mapping("city", ["city", 7], f"not allowed; {ENTRY}", shown="7"),
    mapping("city", [], f"not allowed; {ENTRY}"),
    mapping("city", 7, f"not allowed; {ENTRY}"),
    mapping("city", True, f"not allowed; {ENTRY}"),
    mapping("city", {"when": "create"}, "missing; expected a BambooHR field, or a list of them", at=".from", shown="-"),
    mapping("city", {"from": "town"}, f"not allowed; {FIELD}", at=".from", shown='"town"'),
    mapping(
        "city", {"from": "city", "wehn": "create"}, 'an unknown key; did you mean "when"?', at=".wehn", shown='"create"'
    ),
    mapping("city", {"from": "city", "x": 1}, "an unknown key; known are default, from, when", at=".x", shown="1"),
    mapping(
        "city",
        {"from": "city", "when": "never"},
        'not allowed; expected "always" or "create"',
        at=".when",
        shown='"never"',
    ),
    mapping("city", {"from": "city", "when": []}, 'not allowed; expected "always" or "create"', at=".when", shown="[]"),
    mapping("city", {"from": "city", "default": 7}, "not allowed; expected a text", at=".default", shown="7"),
    mapping(
        "country",
        {"from": "country", "default": "Atlantis"},
        "not allowed; expected a country",
        at=".default",
        shown='"Atlantis"',
    ),
    mapping("email", "display_name", "not allowed; expected work_email: no other address identifies an employee"),
    mapping("email", ["work_email", "display_name"], "not allowed; expected work_email"),
    *(mapping(target, False, "not allowed; it cannot be left out") for target in ("firstname", "lastname", "email")),
    mapping(
        "firstname",
        {"from": "first_name", "default": "x"},
        "not allowed; names and e-mail addresses are never made up",
        at=".default",
        shown='"x"',
    ),
]
