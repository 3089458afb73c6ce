"""Which employees have which e-mail address, over the whole company."""

from __future__ import annotations


class EmailIndex:
    """Who bears which e-mail address, over the whole company.

    Addresses are kept as hashes: 50,000 people take some megabytes, and no address of anybody outside the window.
    """

    def __init__(self) -> None:
        self._ids: dict[int, int | tuple[int, ...]] = {}

    def add(self, address: str, employee: int) -> None:
        """Note that `person` bears `address`; an empty address is nobody's."""
        if not address:
            return
        key = hash(address.casefold())
        known = self._ids.get(key)
        if known is None:
            self._ids[key] = employee
        else:
            known = known if isinstance(known, tuple) else (known,)
            if employee not in known:
                self._ids[key] = (*known, employee)

    def of(self, address: str) -> tuple[int, ...]:
        """Everybody who bears it, whatever its case."""
        known = self._ids.get(hash(address.casefold()), ())
        return known if isinstance(known, tuple) else (known,)
