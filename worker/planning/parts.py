"""The parts of a step, each of which counts in one guard class. Pure.

A step has at most one account part (create, suspend or reactivate); on an existing account it may also have an identity
part, a clear part and an update part. The fields of a create or a link are not split.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from worker.model import reasons
from worker.model.mapping import IDENTIFYING_FIELDS, NAMES, FieldMapping
from worker.model.step import WRITES, Action, FieldChange, GuardClass, HeldPart, Step

MAY_TAKE_FREED_VALUE = frozenset({GuardClass.IDENTITY, GuardClass.CREATE})
"""The parts that may need an address or username which another step frees."""


@dataclass(frozen=True, slots=True)
class Part:
    """The changes of a step that count in one class."""

    guard_class: GuardClass
    changes: tuple[FieldChange, ...]


def split_into_parts(step: Step, emptied: Collection[str]) -> tuple[Part, ...]:
    """Split a step into its parts; none if it writes nothing. `emptied`: see :func:`fields_empty_in_bamboohr`."""
    if step.action not in WRITES:
        return ()
    if step.action is Action.CREATE:
        return (Part(GuardClass.CREATE, step.changes),)
    identity = identity_fields(step)
    changes: dict[GuardClass, list[FieldChange]] = {}
    for change in step.changes:
        changes.setdefault(_class_of(change, identity, emptied), []).append(change)
    return tuple(Part(guard_class, tuple(changes[guard_class])) for guard_class in GuardClass if guard_class in changes)


def fields_empty_in_bamboohr(mapping: FieldMapping, facts: Mapping[str, str]) -> frozenset[str]:
    """Return the Moodle fields whose BambooHR fields are all shown and empty, even if a default replaces them.

    Names and addresses are not among them: an account never loses these.
    """
    return frozenset(
        rule.target
        for rule in mapping.rules
        if rule.target not in IDENTIFYING_FIELDS and all(facts.get(source) == "" for source in rule.sources)
    )


def is_link(step: Step) -> bool:
    """Return whether the step gives an existing account its idnumber."""
    return step.action is not Action.CREATE and "idnumber" in step.fields


def identity_fields(step: Step) -> frozenset[str]:
    """Return the fields of the identity part. The names belong to it only if both of them change."""
    if is_link(step):
        return frozenset(step.fields) - {"suspended"}
    another = {change.field for change in step.changes if (change.old or "").casefold() != change.new.casefold()}
    fields = another & {"email", "username"}
    return frozenset(fields.union(NAMES) if another.issuperset(NAMES) else fields)


def _class_of(change: FieldChange, identity: Collection[str], emptied: Collection[str]) -> GuardClass:
    if change.field == "suspended":
        return GuardClass.SUSPEND if change.new == "1" else GuardClass.REACTIVATE
    if change.field in identity:
        return GuardClass.IDENTITY
    clears = change.old and (change.field in emptied or not change.new)
    return GuardClass.CLEAR if clears else GuardClass.UPDATE


def with_only_parts(step: Step, parts: Iterable[Part], held: Iterable[HeldPart] = ()) -> Step:
    """Return the step with only these of its parts; `held` are the parts that wait for an approval."""
    parts, held = tuple(parts), tuple(held)
    classes = frozenset(part.guard_class for part in parts)
    step = replace(step, classes=classes, held=held)
    if not parts:
        reason = held[0].reason if held else reasons.NOT_DUE
        action = Action.HOLD if held else Action.SKIP
        return replace(step, action=action, reason=reason, changes=(), depends_on=frozenset())
    kept = {change for part in parts for change in part.changes}
    step = replace(step, changes=tuple(change for change in step.changes if change in kept))
    if not classes & MAY_TAKE_FREED_VALUE:
        step = replace(step, depends_on=frozenset())
    if step.action is Action.REACTIVATE and GuardClass.REACTIVATE not in classes:
        return replace(step, action=Action.UPDATE, reason=reasons.LINKED if is_link(step) else reasons.DIFFERS)
    return step
