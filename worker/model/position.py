"""The position of the sync in the changed feed, and the company and the site that its state belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class WindowProgress:
    """Progress within one window, whose `latest` becomes `since` when it is complete, up to the employee `last_id`.

    `pinned_runs`: consecutive runs that failed and left the position unchanged.
    """

    latest: datetime | None = None
    last_id: int | None = None
    pinned_runs: int = 0


@dataclass(frozen=True, slots=True)
class Position:
    """The start of the window, how many of its changes were taken, and the progress, if it was stored.

    `has_no_gap`: a run left `since` there, and every change before it was read. For any other position (the first one,
    or one written by hand), the history shows whether there is a gap.
    """

    since: datetime
    offset: int = 0
    progress: WindowProgress | None = None
    has_no_gap: bool = False


_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Binding:
    """A pair of company and site. `site`: host and path, without scheme, default port and final slash."""

    company_domain: str
    site: str

    @classmethod
    def of(cls, company_domain: str, moodle_base_url: str) -> Binding:
        """Return the company and site that the settings name."""
        url = urlsplit(moodle_base_url)
        host, port = (url.hostname or "").lower(), url.port
        named_port = f":{port}" if port is not None and port != _DEFAULT_PORTS.get(url.scheme.lower()) else ""
        return cls(company_domain.lower(), f"{host}{named_port}{url.path.rstrip('/')}")

    def __str__(self) -> str:
        if not self.company_domain or not self.site:
            return "no company and site that can be read (its item #binding is malformed)"
        return f"company {self.company_domain} and site {self.site}"
