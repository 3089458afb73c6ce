"""One bad record costs one record, and a site that refuses everything costs a few requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.errors import TargetError
from worker.runs.isolation import ALLOWANCE, BatchRequest, GiveUpReason, Isolation
from worker.transport.refusal import Concerns, Meaning, Refused


@dataclass
class Site(BatchRequest[int]):
    """A system that refuses a batch if a poisoned record is in it."""

    poisoned: frozenset[int] = frozenset()
    refuses_all: bool = False
    is_down: bool = False
    is_transient: bool = False
    passing_faults: int = 0
    acts_before_failing: bool = False
    concerns: Concerns = Concerns.RECORD
    sent: list[Sequence[int]] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    named: dict[int, str] = field(default_factory=dict)
    given_up: dict[int, GiveUpReason] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)
    probes: int = 0
    patient: int = 0

    def attempt(self, batch: Sequence[int]) -> None:
        self.sent.append(list(batch))
        if self.passing_faults:
            self.passing_faults -= 1
            raise Refused("HTTP 520", Meaning(Concerns.RECORD, is_transient=True))
        if self.is_down or self.refuses_all or self.poisoned.intersection(batch):
            if self.acts_before_failing:
                self.done += [record for record in batch if record not in self.poisoned]
            raise Refused("HTTP 500", Meaning(self.concerns, is_transient=self.is_transient))
        self.done += batch

    def still_to_send(self, batch: Sequence[int], refusal: Refused) -> Sequence[int]:
        return [record for record in batch if record not in self.done]

    def site_answers(self) -> bool:
        self.probes += 1
        return not self.is_down

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)

    def await_site(self) -> None:
        self.patient += 1
        if self.is_down:
            raise TargetError("Moodle could not be read")

    def on_isolated(self, record: int, code: str) -> None:
        assert record not in self.named
        self.named[record] = code

    def on_given_up(self, records: Sequence[int], why: GiveUpReason, code: str) -> None:
        self.given_up.update(dict.fromkeys(records, why))


def send(site: Site, records: Sequence[int], *, size: int = 50, allowance: int | None = ALLOWANCE) -> None:
    isolation: Isolation[int] = Isolation(site, allowance=allowance)
    for at in range(0, len(records), size):
        isolation.send(records[at : at + size])
    isolation.finish()


@given(
    poisoned=st.frozensets(st.integers(0, 499), max_size=10),
    is_transient=st.booleans(),
    acts=st.booleans(),
    size=st.sampled_from((1, 7, 50, 200)),
)
def test_every_healthy_record_is_done_once_and_every_poisoned_one_is_named(
    poisoned: frozenset[int], is_transient: bool, acts: bool, size: int
) -> None:
    site = Site(poisoned, is_transient=is_transient, acts_before_failing=acts)

    send(site, range(500), size=size)

    assert sorted(site.done) == [record for record in range(500) if record not in poisoned]
    assert site.named.keys() == poisoned
    assert not site.given_up
    batches = -(-500 // size)
    refused_batches = len({record // size for record in poisoned})
    assert len(site.sent) <= batches + 13 * len(poisoned) + 2 * refused_batches
    assert site.probes == refused_batches


@pytest.mark.parametrize("size", [50, 200])
@pytest.mark.parametrize("is_transient", [False, True])
def test_a_site_that_refuses_everything_costs_few_requests_and_names_no_record(size: int, is_transient: bool) -> None:
    site = Site(refuses_all=True, is_transient=is_transient)

    send(site, range(500), size=size)

    assert len(site.sent) + site.probes <= 22
    assert not site.named
    assert site.given_up.keys() == set(range(500))
    unsent = {one for one, why in site.given_up.items() if why is GiveUpReason.NOT_SENT}
    assert unsent == set(range(500)) - {one for batch in site.sent for one in batch}
    assert set(site.given_up.values()) == {GiveUpReason.SITE_REFUSES, GiveUpReason.NOT_SENT}


def test_many_bad_records_at_the_head_are_not_taken_for_the_site() -> None:
    site = Site(frozenset(range(12)))

    send(site, range(60))

    assert site.named.keys() == set(range(12))
    assert sorted(site.done) == list(range(12, 60))


def test_a_small_company_of_bad_records_is_named() -> None:
    site = Site(frozenset(range(3)))

    send(site, range(3))

    assert site.named.keys() == {0, 1, 2}


def test_the_allowance_bounds_the_cost_and_loses_no_record() -> None:
    site = Site(frozenset(range(0, 500, 2)))

    send(site, range(500))

    assert len(site.named) == ALLOWANCE
    assert set(site.given_up.values()) == {GiveUpReason.TOO_MANY}
    assert len(site.named) + len(site.given_up) + len(site.done) == 500


def test_leavers_have_no_allowance() -> None:
    site = Site(frozenset(range(0, 100, 2)))

    send(site, range(100), allowance=None)

    assert sorted(site.done) == list(range(1, 100, 2))
    assert len(site.named) == 50


def test_records_that_were_isolated_in_the_last_run_do_not_use_up_the_allowance() -> None:
    site = Site(frozenset(range(40)))
    isolation: Isolation[int] = Isolation(site)
    isolation.send([100])

    for record in range(40):
        isolation.send([record], was_isolated=True)
    isolation.send([*range(50, 60), 101])
    isolation.finish()

    assert len(site.done) == 12
    assert len(site.named) == 40


def test_a_passing_fault_costs_a_retry_and_names_no_record() -> None:
    site = Site(passing_faults=2)
    isolation: Isolation[int] = Isolation(site)

    isolation.send([1, 2, 3])

    assert (site.done, site.named, site.waits) == ([1, 2, 3], {}, [0.5, 1.0])


def test_a_site_that_is_down_is_waited_for_and_ends_the_run() -> None:
    site = Site(is_down=True)

    with pytest.raises(TargetError):
        send(site, range(50))

    assert (len(site.sent), site.probes, site.patient, site.named) == (1, 1, 1, {})


def test_a_refusal_that_cannot_be_about_one_record_is_passed_on() -> None:
    site = Site(refuses_all=True, concerns=Concerns.ACCESS)

    with pytest.raises(Refused):
        send(site, range(50))

    assert len(site.sent) == 1


def test_records_that_are_refused_only_together_are_both_done() -> None:
    class Pair(Site):
        def attempt(self, batch: Sequence[int]) -> None:
            if {1, 2} <= set(batch):
                raise Refused("invalidparameter", Meaning(Concerns.RECORD))
            super().attempt(batch)

    site = Pair()

    send(site, range(8))

    assert sorted(site.done) == list(range(8))
    assert not site.named
