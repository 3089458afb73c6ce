"""When two e-mail addresses count as the same, and which employees of the whole company have which one."""

from __future__ import annotations


def email_key(address: str) -> str:
    """Return an address in the form in which it is compared: like both systems, this product ignores case."""
    return address.lower()


class EmailIndex:
    """Employee ids by e-mail address, ignoring case.

    Only hashes of the addresses are kept: 50,000 employees take a few megabytes, and no address of an employee outside
    the window stays in memory.
    """

    def __init__(self) -> None:
        self._ids: dict[int, int | tuple[int, ...]] = {}

    def add(self, address: str, employee: int) -> None:
        """Record that the employee has this address. An empty address is ignored."""
        if not address:
            return
        key = hash(email_key(address))
        known = self._ids.get(key)
        if known is None:
            self._ids[key] = employee
        else:
            known = known if isinstance(known, tuple) else (known,)
            if employee not in known:
                self._ids[key] = (*known, employee)

    def of(self, address: str) -> tuple[int, ...]:
        """Return the ids of all employees with this address."""
        known = self._ids.get(hash(email_key(address)), ())
        return known if isinstance(known, tuple) else (known,)
