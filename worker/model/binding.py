"""The BambooHR company and the Moodle site that a state belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Binding:
    """A pair of company and site. `site`: host and path, without scheme, default port and final slash."""

    company: str
    site: str

    @classmethod
    def of(cls, company_domain: str, moodle_base_url: str) -> Binding:
        """Return the company and site that the settings name."""
        url = urlsplit(moodle_base_url)
        host, port = (url.hostname or "").lower(), url.port
        named_port = f":{port}" if port is not None and port != _DEFAULT_PORTS.get(url.scheme.lower()) else ""
        return cls(company_domain.lower(), f"{host}{named_port}{url.path.rstrip('/')}")

    def __str__(self) -> str:
        return f"company {self.company} and site {self.site}"
