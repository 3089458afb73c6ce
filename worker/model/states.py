"""One spelling for the states of an address: List Employees spells out what Get Employee may abbreviate.

BambooHR offers lists of states for three countries; elsewhere the state is the company's own text and stays as it is.
Names in full are the canonical form, because List Employees, the usual source, has them.
"""

from __future__ import annotations

from worker.model.countries import country_code

_STATES = {
    country: dict(state.split(" ", 1) for state in states.split(", "))
    for country, states in {
        "AU": (
            "ACT Australian Capital Territory, NSW New South Wales, NT Northern Territory, QLD Queensland,"
            " SA South Australia, TAS Tasmania, VIC Victoria, WA Western Australia"
        ),
        "CA": (
            "AB Alberta, BC British Columbia, MB Manitoba, NB New Brunswick, NL Newfoundland and Labrador,"
            " NS Nova Scotia, NT Northwest Territories, NU Nunavut, ON Ontario, PE Prince Edward Island,"
            " QC Quebec, SK Saskatchewan, YT Yukon"
        ),
        "US": (
            "AL Alabama, AK Alaska, AZ Arizona, AR Arkansas, CA California, CO Colorado, CT Connecticut,"
            " DE Delaware, DC District of Columbia, FL Florida, GA Georgia, HI Hawaii, ID Idaho, IL Illinois,"
            " IN Indiana, IA Iowa, KS Kansas, KY Kentucky, LA Louisiana, ME Maine, MD Maryland,"
            " MA Massachusetts, MI Michigan, MN Minnesota, MS Mississippi, MO Missouri, MT Montana,"
            " NE Nebraska, NV Nevada, NH New Hampshire, NJ New Jersey, NM New Mexico, NY New York,"
            " NC North Carolina, ND North Dakota, OH Ohio, OK Oklahoma, OR Oregon, PA Pennsylvania,"
            " PR Puerto Rico, RI Rhode Island, SC South Carolina, SD South Dakota, TN Tennessee, TX Texas,"
            " UT Utah, VT Vermont, VA Virginia, WA Washington, WV West Virginia, WI Wisconsin, WY Wyoming"
        ),
    }.items()
}
"""The names in full by country and abbreviation."""


def state_name(state: str, country: str | None) -> str | None:
    """Return the state in full; a text that is no abbreviation of the address's country (None: not shown) as it is.

    Returns None if it may be an abbreviation and the country is not shown, or is empty while two countries have the
    abbreviation: the account keeps its value.
    """
    if country:
        return _STATES.get(country_code(country) or "", {}).get(state, state)
    possible = [states[state] for states in _STATES.values() if state in states]
    if not possible:
        return state
    return possible[0] if country == "" and len(possible) == 1 else None
