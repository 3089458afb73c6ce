"""Headless chromium from Debian, driven through its own driver. Nothing is fetched, and no name is resolved."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from selenium.webdriver import ActionChains, Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

WIDE = (1400, 1000)
NARROW = (390, 844)
_HINT = "Install both: apt-get install chromium chromium-driver (Debian; Ubuntu has them only as a snap)"
_ROOT = 0
_PATIENCE_S = 60


class NoChromium(Exception):
    """chromium or its driver is missing."""


def _program(environment: Mapping[str, str], *names: str) -> str:
    """The first of these that is there."""
    found = (shutil.which(name, path=environment.get("PATH")) for name in names)
    program = next((path for path in found if path), None)
    if program is None:
        raise NoChromium(f"There is no {names[0]} to open the page in. {_HINT}")
    return program


class Browser:
    """One window, and what a reader does in it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Raises :class:`NoChromium`."""
        options = ChromeOptions()
        options.binary_location = _program(environment, "chromium", "google-chrome")
        for argument in (
            "--headless=new",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--host-resolver-rules=MAP * ~NOTFOUND",
        ):
            options.add_argument(argument)
        if os.geteuid() == _ROOT:
            # Its sandbox refuses to start for root.
            options.add_argument("--no-sandbox")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = Chrome(options=options, service=Service(_program(environment, "chromedriver")))

    def close(self) -> None:
        self.driver.quit()

    def do(self, command: str, **parameters: object) -> Any:
        """One command of the DevTools protocol."""
        return self.driver.execute_cdp_cmd(command, parameters)

    def run(self, script: str, *arguments: object) -> Any:
        return self.driver.execute_script(script, *arguments)

    def size(self, size: tuple[int, int]) -> None:
        width, height = size
        self.do("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def media(self, *, scheme: str = "light", medium: str = "screen") -> None:
        self.do(
            "Emulation.setEmulatedMedia", media=medium, features=[{"name": "prefers-color-scheme", "value": scheme}]
        )

    def scripts(self, *, run: bool) -> None:
        self.do("Emulation.setScriptExecutionDisabled", value=not run)

    def open(self, page: Path, fragment: str = "") -> None:
        """Load the page from a blank one, because another fragment alone would not reload it."""
        self.driver.get("about:blank")
        self.driver.get(page.as_uri() + fragment)

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return list(self.driver.find_elements(By.CSS_SELECTOR, selector))

    def texts(self, selector: str) -> list[str]:
        """Return the texts of all visible elements, in one call."""
        script = (
            "return [...document.querySelectorAll(arguments[0])].filter(one => one.checkVisibility())"
            ".map(one => one.textContent.trim())"
        )
        return [str(text) for text in self.run(script, selector)]

    def wait(self, script: str, *arguments: object) -> None:
        """Wait until the script returns a true value."""
        WebDriverWait(self.driver, _PATIENCE_S, poll_frequency=0.05).until(
            lambda _: bool(self.run(script, *arguments)), f"{script} {arguments}"
        )

    def tab(self) -> None:
        ActionChains(self.driver).send_keys(Keys.TAB).perform()

    def picture(self, path: Path) -> None:
        self.driver.save_screenshot(str(path))

    def back(self) -> None:
        self.driver.back()

    def forward(self) -> None:
        self.driver.forward()

    @property
    def fragment(self) -> str:
        return str(self.run("return location.hash"))

    @property
    def focused(self) -> WebElement:
        return self.driver.switch_to.active_element

    def complaints(self) -> list[str]:
        """Return the messages of the console: errors, and what the policy refused."""
        return [str(entry["message"]) for entry in self.driver.get_log("browser")]
