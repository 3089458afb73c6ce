"""The fields and lists of the scope that decide on an employee, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from worker.model.scope import ScopeRule, ScopeState
from worker.planning.plan_input import PlanSettings


def scope_lines(settings: PlanSettings, facts: Mapping[str, str], *, shows_values: bool) -> Iterator[tuple[str, str]]:
    """Yield a line for the employee and one for each field; lists and values only on request."""
    outside = "is suspended" if settings.suspends_out_of_scope else "is left alone"
    states = {
        ScopeState.IN: "in scope",
        ScopeState.OUT: f"out of scope: the account of an employee who works here {outside}",
        ScopeState.NOT_SHOWN: "not known: nothing is written for an employee who works here",
    }
    yield "state", states[settings.scope.state(facts)]
    for rule in settings.scope.rules:
        yield rule.field, _line(rule, facts, shows_values=shows_values)


def _line(rule: ScopeRule, facts: Mapping[str, str], *, shows_values: bool) -> str:
    state = rule.state(facts)
    if state is ScopeState.NOT_SHOWN:
        return "NOT SHOWN"
    name = rule.list_that_decides(facts)
    values = rule.excluded if name == "exclude" else rule.allowed
    listed = f" ({', '.join(map(repr, values))})" if shows_values else ""
    value = shown_value(facts[rule.field], shows_values=shows_values)
    return f"{value}: {state.value}, as the list {name} decides{listed}"


def shown_value(text: str, *, shows_values: bool) -> str:
    """Return a value, or only whether there is one."""
    if shows_values:
        return repr(text)
    return "set" if text else "empty"
