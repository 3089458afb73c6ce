"""Values that no setting takes: one table for both entrances, the worker's variables and an environment's file.

Each row is a setting, a value as TOML has it, and what the message says after the name of the variable or key. "..."
stands for any text; a row without a text of its own shows the whole value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

NUMBERS = {
    "batch_size": (-1_000_000, 1_000_000),
    "initial_lookback_days": (0, 18_250),
    "max_suspensions": (0, 200),
    "max_attempts": (0, 1_000),
    "hire_lookahead_days": (0, 90),
    "moodle_batch_size": (1, 100),
    "moodle_concurrency": (1, 8),
    "http_timeout_seconds": (1, 60),
    "max_run_minutes": (1, 1_440),
}
_NO_NUMBERS = ("many", "6 0", "60.0", "6e1", "0x10", "\u0663", "9" * 10)
_NO_DOMAINS = (
    *("acme.bamboohr.com", "https://acme", "acme/../x", "me@acme", "-acme", "acme-", "a_b", "a c", "äcme", "x" * 64),
)
_NO_URLS = (
    *("lxp.example", "http://lxp.example", "http://localhost.lxp.example", "http://127.0.0.1.lxp.example"),
    *("http://10.0.0.1", "http://0.0.0.0", "ftp://lxp.example", "https://", "https://:443", "https://lxp.example:port"),
    *("https://lxp.example:0", "https://lxp .example"),
)
_NO_HOSTS = (
    *("https://lxp\uff0eexample", "https://\uff4c\uff58\uff50.example", "https://\u2603.example", "https://x..example"),
    *("https://m\u00fcnchen..example", f"https://{'x' * 64}.m\u00fcnchen.example", "https://lxp\u0007.example"),
)
_SECRET_URLS = ("https://me:hush@lxp.example", "https://lxp.example?a=hush", "https://lxp.example#hush", "me:hush@lxp")
_A_URL = 'is not allowed; expected ... https (http for loopback only), without user, query or fragment, as in "http...'
_A_DOMAIN = 'expected the company\'s subdomain of bamboohr.com, as in "acme"'
_A_PLUGIN = "expected the short name of the authentication plugin for new accounts, with which employees ..."
_A_TEMPLATE = "expected a template of {work_email}, {first_name}, {last_name}, {employee_id}..."
_NO_TEMPLATES = (
    *("{work_email[0]}", "{work_email.upper}", "{work_email!x}", "{work_email:{last_name}}", "{work_email:{x}}"),
    *("{x}", "{work_email", "}", "{employee_id:06d}"),
)
_FIELD = "is not allowed; expected a BambooHR field: first_name, last_name, ..."
_TARGET = "expected a Moodle field that can be updated: firstname, lastname, email, department, institution, ..."
_ENTRY = "expected a BambooHR field, a list of them, a table with ..."
_LISTS = 'expected a list of allowed values, or a table with the lists "allow", "exclude" or both, as in ["Sales"]'
_OTHER_TARGETS = ("idnumber", "password", "MOODLE_AUTH", "profile_field_", "profile_field_a-b")

Row = tuple[str, object, str]


def _refused(setting: str, values: tuple[object, ...], expected: str) -> Iterator[Row]:
    for value in values:
        yield setting, value, f" = {json.dumps(value, ensure_ascii=False)} is not allowed; {expected}"


def _mapping(entry: object, says: str, target: str = "city") -> Row:
    return "field_mapping", {target: entry}, f".{target}{says}"


def _scope(entry: object, says: str, field: str = "department") -> Row:
    return "scope", {field: entry}, f".{field}{says}"


BAD: list[Row] = [
    *_refused("bamboo_company_domain", _NO_DOMAINS, _A_DOMAIN),
    *(("moodle_base_url", url, f' = "{url}" {_A_URL}') for url in _NO_URLS),
    *(("bamboo_base_url", url, f' = "{url}" {_A_URL}') for url in _NO_URLS),
    *(("moodle_base_url", url, f" = (not shown) {_A_URL}") for url in _SECRET_URLS),
    *(
        row
        for name, (low, high) in NUMBERS.items()
        for row in _refused(name, (low - 1, high + 1, *_NO_NUMBERS), f"expected a whole number from {low} to {high}")
    ),
    *_refused("moodle_auth", ("nologin", "webservice", "mnet", "OIDC", "2fa", "a b"), _A_PLUGIN),
    ("moodle_auth", "0123456789abcdef" * 2, f" = (not shown) is not allowed; {_A_PLUGIN}"),
    *_refused("reactivate", ("alway",), 'expected "ours" or "always"; did you mean "always"?'),
    *_refused("username_template", ("{work_mail}",), f'{_A_TEMPLATE}; did you mean "{{work_email}}"?'),
    *_refused("username_template", ("{nickname}",), f"{_A_TEMPLATE} (no nickname)"),
    *_refused("username_template", ("{}",), f"{_A_TEMPLATE} (no empty name)"),
    *_refused("username_template", _NO_TEMPLATES, _A_TEMPLATE),
    *_refused("username_template", ("sync", "fixed"), "expected a template with at least one of {work_email}, ..."),
    *(("moodle_base_url", url, f" = {json.dumps(url, ensure_ascii=False)} {_A_URL}") for url in _NO_HOSTS),
    *_refused("extended_usernames", ("yes", "1", "on"), "expected true or false"),
    *_refused("default_last_name", ("<b>", "x" * 101), "expected a text of at most 100 characters that ..."),
    *_refused("field_mapping", ([],), "expected a table of Moodle fields and their BambooHR fields, ..."),
    _mapping("city", f' is not allowed; {_TARGET}; did you mean "department"?', "departement"),
    *(_mapping("city", f" is not allowed; {_TARGET}", target) for target in _OTHER_TARGETS),
    _mapping("divsion", f' = "divsion" {_FIELD}; did you mean "division"?'),
    _mapping("status", f' = "status" {_FIELD}'),
    _mapping(["city", "town"], f' = "town" {_FIELD}'),
    _mapping(["city", 7], f" = 7 is not allowed; {_ENTRY}"),
    _mapping([], f" = [] is not allowed; {_ENTRY}"),
    _mapping(7, f" = 7 is not allowed; {_ENTRY}"),
    _mapping(True, f" = true is not allowed; {_ENTRY}"),
    _mapping({"when": "create"}, ".from is missing; expected a BambooHR field, or a list of fields..."),
    _mapping({"from": "town"}, f'.from = "town" {_FIELD}'),
    _mapping({"from": "city", "wehn": "x"}, '.wehn = "x" is an unknown key; did you mean "when"?'),
    _mapping({"from": "city", "x": 1}, ".x = 1 is an unknown key; known are default, from, map, otherwise, when"),
    *(
        _mapping(f"bamboohr:{name}", f' = "bamboohr:{name}" {_FIELD} or any other by its API name, ...')
        for name in ("", "status", "employmentStatus", "id", "x" * 101, "a/b", "1610.", "a\u00e9")
    ),
    _mapping("bamboohr:custom Cost-Center", '... did you mean "bamboohr:customCostCenter"?'),
    _mapping("bamborhr:customGrade", '... did you mean "bamboohr:customGrade"?'),
    _mapping({"from": "city", "mapp": {"A": "B"}}, '.mapp = {"A": "B"} is an unknown key; did you mean "map"?'),
    _mapping({"from": "city", "map": {"A": 7}}, ".map.A = 7 is not allowed; expected a text"),
    _mapping({"from": "city", "map": ["A"]}, '.map = ["A"] is not allowed; expected a table of BambooHR\'s values ...'),
    _mapping({"from": "city", "map": {"A b": "X", "a  B": "Y"}}, '.map.a  B = "a  B" is not allowed; "A b" is ...'),
    _mapping({"from": "city", "otherwise": "X"}, '.otherwise = "X" is not allowed; it goes with "map", ...'),
    _mapping({"from": "first_name", "map": {"A": "B"}}, '.map = {"A": "B"} is not allowed; names ...', "firstname"),
    *(
        _mapping({"from": "city", "map": {"A": bad}}, f'.map.A = "{bad}" is not allowed; expected {says}...', target)
        for target, bad, says in (
            ("country", "Atlantis", "a country"),
            ("lang", "German!", "the code of a language"),
            ("timezone", "Berlin time", "a time zone"),
            ("phone1", "1" * 21, "a number of at most 20 characters"),
        )
    ),
    _mapping({"from": "city", "map": {"A": "de"}, "otherwise": "?"}, '.otherwise = "?" is not ...', "lang"),
    _mapping({"from": "city", "when": "never"}, '.when = "never" is not allowed; expected "always" or "create"'),
    _mapping({"from": "city", "when": []}, '.when = [] is not allowed; expected "always" or "create"'),
    _mapping({"from": "city", "default": 7}, ".default = 7 is not allowed; expected a text..."),
    _mapping({"from": "country", "default": "X"}, '.default = "X" is not allowed; expected a country, ...', "country"),
    _mapping("city", ' = "city" is not allowed; expected work_email: no other address ...', "email"),
    _mapping(["work_email", "city"], ' = ["work_email", "city"] is not allowed; expected work_email: ...', "email"),
    *(_mapping(False, " = false is not allowed; it cannot be left out: ...", name) for name in ("firstname", "email")),
    *_refused("scope", ([], ["Sales"]), "expected a table of BambooHR fields and the values that put ..."),
    (
        "scope",
        {"department": ["Sales"], "bamboohr:department": ["Support"]},
        '.bamboohr:department = ["Support"] is not allowed; department is the same field',
    ),
    _scope(["Sales"], f' {_FIELD}; did you mean "department"?', "departement"),
    _scope(["Active"], f" {_FIELD}", "status"),
    _scope("Sales", f' = "Sales" is not allowed; {_LISTS}'),
    _scope([], f" = [] is not allowed; {_LISTS}"),
    _scope(["Sales", 7], f" = 7 is not allowed; {_LISTS}"),
    _scope([""], f' = "" is not allowed; {_LISTS}'),
    _scope(False, f" = false is not allowed; {_LISTS}"),
    _scope({}, ' = {} is not allowed; expected a list "allow", "exclude" or both'),
    _scope({"alow": ["Sales"]}, '.alow = ["Sales"] is an unknown key; did you mean "allow"?'),
    _scope({"allow": []}, ".allow = [] is not allowed; expected a list of values: employees with any other ..."),
    _scope({"exclude": "x"}, '.exclude = "x" is not allowed; expected a list of values: ...'),
    _scope([" \u200b "], f' = "" is not allowed; {_LISTS}'),
    _scope(["Sales", "sales "], ' = "sales" is not allowed; it is listed twice (case and spaces do not count)'),
    _scope(
        {"allow": ["Caf\u00e9"], "exclude": ["CAFE\u0301"]},
        '.exclude = "CAF\u00c9" is not allowed; it is both allowed and excluded (case and spaces do not count)',
    ),
    *_refused("out_of_scope", ("suspended",), 'expected "keep" or "suspend"; did you mean "suspend"?'),
    _mapping({"from": "last_name", "default": "x"}, '.default = "x" is not allowed; names ... made up', "lastname"),
]


def is_message(fault: str, name: str, message: str) -> bool:
    """Whether a fault is the message of a row under the name that its entrance has for the setting."""
    parts = [re.escape(part) for part in f"{name}{message}".split("...")]
    return re.fullmatch(".*".join(parts), fault) is not None
