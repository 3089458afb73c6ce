"""What the environment puts between this machine and a server: a proxy, and the certificates that are trusted.

A fault on this route is named by its variable, since the address of the server is not to blame. A proxy's address is
never repeated: it may contain a user and a password.
"""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import requests
from requests.utils import select_proxy
from urllib3.exceptions import LocationValueError

_REFUSED = re.compile(r"Tunnel connection failed: (\d{3})")
# A UnicodeError: a user or password that HTTP cannot express.
_UNUSABLE = (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, LocationValueError, UnicodeError)
_UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"
_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE")
_PASSES = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@dataclass(frozen=True)
class RouteFault:
    """Why a request did not get to its server, and what to do."""

    what: str
    advice: str
    is_transient: bool = False


def route_fault(session: requests.Session, url: str, fault: Exception) -> RouteFault | None:
    """Return the fault of the route that kept a request from being sent; None if the route is not to blame."""
    route = session.merge_environment_settings(url, {}, None, None, None)
    proxies: Mapping[str, str] = route["proxies"]
    bundle = _bundle(route["verify"])
    if bundle and not _is_readable(os.environ[bundle]):
        return RouteFault(
            f"{bundle} names a file that does not exist or cannot be read, or is no PEM file",
            f"correct {bundle}, or remove it to trust the usual authorities",
        )
    proxy = _variable(proxies, url) if select_proxy(url, dict(proxies)) else ""
    # Once the proxy has connected, the TLS handshake is the server's, or that of a proxy that reads what it passes on.
    if isinstance(fault, requests.exceptions.SSLError):
        return _untrusted(proxy, bundle) if (proxy or bundle) and is_tls_refused(fault) else None
    return _proxy_fault(proxy, bundle, fault) if proxy else None


def is_tls_refused(fault: requests.exceptions.SSLError) -> bool:
    """Return whether the next handshake ends likewise. One that was cut may succeed: a load balancer restarts."""
    return any(reason in str(fault) for reason in (_UNTRUSTED, *_NO_TLS))


def _proxy_fault(proxy: str, bundle: str, fault: Exception) -> RouteFault:
    if _UNTRUSTED in str(fault):  # The certificate of a proxy with https://.
        return _untrusted(proxy, bundle)
    if isinstance(fault, _UNUSABLE):
        return RouteFault(
            f"{proxy} is not an address of a proxy that can be used",
            f"write {proxy} as http://proxy.example.com:3128, without blanks, line ends or characters outside"
            " Latin-1 (SOCKS is not supported)",
        )
    refused = _REFUSED.search(str(fault))
    if refused is None:
        return RouteFault(
            f"the proxy in {proxy} cannot be reached, or does not connect",
            f"check {proxy}, also whether the proxy is to be addressed with http:// or https://, and that it runs",
            is_transient=True,
        )
    status = int(refused[1])
    advice = (
        f"ask the proxy's operator to let this machine connect to BambooHR and Moodle (port 443), or correct {proxy}"
    )
    if status == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        advice = f"correct the user and password in {proxy} (http://user:password@proxy.example.com:3128)"
    return RouteFault(
        f"the proxy in {proxy} refuses to connect (HTTP {status})",
        advice,
        is_transient=status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _PASSES,
    )


def _untrusted(proxy: str, bundle: str) -> RouteFault:
    what = f", with the certificates of {bundle}" if bundle else f", through the proxy in {proxy}"
    return RouteFault(
        f"the TLS certificate or handshake was not accepted{what}",
        "REQUESTS_CA_BUNDLE must name a PEM file with every authority that is needed, including that of a proxy which"
        " inspects TLS or has an https:// address",
    )


def _variable(proxies: Mapping[str, str], url: str) -> str:
    scheme = urlsplit(url).scheme
    return f"{scheme if scheme in proxies else 'all'}_proxy".upper()


def _bundle(verify: object) -> str:
    """Return the variable that names the trusted certificates; "" if none does."""
    return next((name for name in _BUNDLES if verify and os.environ.get(name) == verify), "")


def _is_readable(bundle: str) -> bool:
    """Return whether a file has trusted certificates; a folder is read later, one certificate at a time."""
    try:
        if not Path(bundle).is_dir():
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(bundle)
    except OSError:
        return False
    return True
