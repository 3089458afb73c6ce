"""core_webservice_get_site_info: release, service user and the functions that the token may call."""

from __future__ import annotations

from typing import Any

from tests.sandbox.moodle.settings import RELEASES, WWWROOT
from tests.sandbox.moodle.site import MoodleSite


def get_site_info(site: MoodleSite) -> dict[str, Any]:
    """The site as its service user sees it. `userprivateaccesskey` is a secret. Measured on Moodle 4.5.6."""
    release, version = RELEASES[site.settings.version]
    user = site.user(site.service_id)
    return {
        "sitename": "Sandbox",
        "username": user["username"],
        "firstname": user["firstname"],
        "lastname": user["lastname"],
        "fullname": f"{user['firstname']} {user['lastname']}",
        "lang": user["lang"],
        "userid": user["id"],
        "siteurl": WWWROOT,
        "userpictureurl": f"{WWWROOT}/theme/image.php/boost/core/1/u/f1",
        "functions": [{"name": name, "version": version} for name in sorted(site.service_functions)],
        "downloadfiles": 0,
        "uploadfiles": 0,
        "release": release,
        "version": version,
        "userissiteadmin": False,
        "userprivateaccesskey": "5f4dcc3b5aa765d61d8327deb882cf99",
    }
