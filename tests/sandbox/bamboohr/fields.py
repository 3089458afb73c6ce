"""How BambooHR names the same value in different places.

The names of Get Employee are the *canonical* ones: `Company` stores under them, and the switches of `Settings` use
them.
"""

from __future__ import annotations

from typing import Final


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


#: The fields of Get Employee and of reports, besides the custom fields of the company.
CANONICAL: Final = frozenset(
    _words(
        "id employeeNumber firstName middleName lastName preferredName displayName pronouns gender dateOfBirth "
        "workEmail homeEmail bestEmail workPhone workPhoneExtension mobilePhone homePhone linkedIn "
        "jobTitle department division location supervisor supervisorEId supervisorId "
        "hireDate originalHireDate terminationDate status employmentHistoryStatus employmentStatusEffectiveDate "
        "address1 address2 city state zipcode country photoUrl photoUploaded lastChanged userId"
    )
)

DATES: Final = frozenset(
    {"hireDate", "originalHireDate", "terminationDate", "dateOfBirth", "employmentStatusEffectiveDate"}
)

NO_DATE: Final = "0000-00-00"

#: Values that only take effect with the job, so that they are empty before a future hire starts.
JOB: Final = frozenset(
    {
        "jobTitle",
        "department",
        "division",
        "location",
        "supervisor",
        "supervisorEId",
        "supervisorId",
        "employmentHistoryStatus",
        "employmentStatusEffectiveDate",
    }
)

#: Directory field -> (type, name on display).
DIRECTORY: Final = {
    "displayName": ("text", "Display Name"),
    "firstName": ("text", "First Name"),
    "lastName": ("text", "Last Name"),
    "preferredName": ("text", "Preferred Name"),
    "jobTitle": ("list", "Job Title"),
    "workPhone": ("text", "Work Phone"),
    "mobilePhone": ("text", "Mobile Phone"),
    "workEmail": ("email", "Work Email"),
    "department": ("list", "Department"),
    "location": ("list", "Location"),
    "division": ("list", "Division"),
    "linkedIn": ("text", "LinkedIn URL"),
    "pronouns": ("list", "Pronouns"),
    "workPhoneExtension": ("text", "Work Ext."),
    "supervisor": ("employee", "Manager"),
    "photoUploaded": ("bool", "Employee photo exists"),
    "photoUrl": ("url", "Photo URL"),
    "canUploadPhoto": ("bool", "Can Upload Photo"),
}

#: The fields of the directory where only the organisation chart is shared.
ORG_CHART: Final = ("displayName", "jobTitle", "department", "location", "division", "supervisor", "photoUrl")

#: List Employees name -> canonical name, for the fields of every row.
LISTED_ALWAYS: Final = {
    "employeeId": "id",
    "firstName": "firstName",
    "lastName": "lastName",
    "preferredName": "preferredName",
    "photoUrl": "photoUrl",
    "jobTitleName": "jobTitle",
    "status": "status",
}

#: List Employees name -> canonical name, for the fields that `fields` can add.
LISTED_ON_REQUEST: Final = {
    **{
        name: name
        for name in _words(
            "workEmail homeEmail bestEmail displayName middleName pronouns employeeNumber userId gender "
            "workPhone workPhoneExtension mobilePhone homePhone hireDate originalHireDate terminationDate "
            "employmentStatusEffectiveDate address1 address2 city state country"
        )
    },
    "birthDate": "dateOfBirth",
    "linkedinUrl": "linkedIn",
    "departmentName": "department",
    "divisionName": "division",
    "locationName": "location",
    "employmentStatusName": "employmentHistoryStatus",
    "reportsToId": "supervisorEId",
    "reportsToName": "supervisor",
}
