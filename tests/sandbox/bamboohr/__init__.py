"""The BambooHR sandbox server: it answers over real HTTP as BambooHR is documented and observed to.

::

    clock = ManualClock("2026-11-20T09:00:00Z")
    company = Company(clock)
    company.add(generate(200, seed=7))
    app = BambooApp(company, api_key="secret")
    with serve(Switchboard(app)) as url:
        company.terminate("17")
        app.settings.directory_sharing = "off"
        requests.get(url + "/api/v1/employees/changed", auth=("secret", "x"), ...)

`Company` holds the employees and their changes, `Settings` the switches, `BambooApp` answers requests. The operations
that faults can name are "changed", "directory", "employees", "employee" and "report"; any other path is "unknown".
"""

from .api import BambooApp
from .clock import ManualClock
from .company import Company
from .people import generate
from .settings import Settings

__all__ = ["BambooApp", "Company", "ManualClock", "Settings", "generate"]
