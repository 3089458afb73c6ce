"""Moodle's exceptions and their messages, as measured on Moodle 4.2.3; later versions have namespaced classes."""

from __future__ import annotations

from tests.sandbox.moodle.settings import DEVELOPER_DEBUG, NORMAL_DEBUG, Settings

_NAMESPACED = frozenset(
    {
        "coding_exception",
        "invalid_parameter_exception",
        "invalid_response_exception",
        "moodle_exception",
        "required_capability_exception",
    }
)


class MoodleError(Exception):
    """One exception of Moodle: its class, its code, its message, and the detail that only a debugging site shows."""

    def __init__(self, exception: str, errorcode: str, message: str, debuginfo: str = "") -> None:
        super().__init__(f"{errorcode}: {debuginfo or message}")
        self.exception = exception
        self.errorcode = errorcode
        self.message = message
        self.debuginfo = debuginfo

    def class_at(self, settings: Settings) -> str:
        """The class as the site's version names it."""
        namespaced = settings.at_least("4.5") and self.exception in _NAMESPACED
        return f"core\\exception\\{self.exception}" if namespaced else self.exception

    def message_at(self, debug: int) -> str:
        """The message at this debug level."""
        return f"{self.message} ({self.debuginfo})" if self.debuginfo and debug >= DEVELOPER_DEBUG else self.message

    def debuginfo_at(self, debug: int) -> str:
        """The detail that is shown at this debug level."""
        return self.debuginfo if debug >= NORMAL_DEBUG else ""


def invalid_parameter(debuginfo: str) -> MoodleError:
    """The answer to nearly every bad write: it names no field and no user."""
    return MoodleError("invalid_parameter_exception", "invalidparameter", "Invalid parameter value detected", debuginfo)


def database_write(debuginfo: str) -> MoodleError:
    """Too long, not unique, or a deadlock: the three look the same."""
    return MoodleError("dml_write_exception", "dmlwriteexception", "Error writing to database", debuginfo)


def database_read(debuginfo: str) -> MoodleError:
    """A query that the database refuses."""
    return MoodleError("dml_read_exception", "dmlreadexception", "Error reading from database", debuginfo)


def function_missing(settings: Settings) -> MoodleError:
    """No web service function has this name."""
    if settings.at_least("5.1"):
        return MoodleError(
            "dml_missing_record_exception", "invalidrecordunknown", "Can't find data record in database."
        )
    message = "Can't find data record in database table external_functions."
    return MoodleError("dml_missing_record_exception", "invalidrecord", message)


def user_missing() -> MoodleError:
    """The row or the context of a user does not exist. Measured on Moodle 4.5.6."""
    return MoodleError("dml_missing_record_exception", "invaliduser", "Invalid user")


def invalid_token() -> MoodleError:
    """A token that is wrong, empty or absent."""
    return MoodleError("moodle_exception", "invalidtoken", "Invalid token - token not found")


def no_access(debuginfo: str) -> MoodleError:
    """The token may not do this at all; the answer gives no reason."""
    return MoodleError("webservice_access_exception", "accessexception", "Access control exception", debuginfo)


def no_permission(action: str) -> MoodleError:
    """The service user lacks the capability whose title is `action`."""
    return MoodleError(
        "required_capability_exception",
        "nopermissions",
        f"Sorry, but you do not currently have permissions to do that ({action}).",
    )


def refused(errorcode: str, message: str = "", debuginfo: str = "") -> MoodleError:
    """A plain moodle_exception. Without a translation Moodle shows the raw key."""
    return MoodleError("moodle_exception", errorcode, message or f"error/{errorcode}", debuginfo)


def invalid_response(debuginfo: str = "") -> MoodleError:
    """Moodle's own answer does not fit its description of the answer."""
    return MoodleError("invalid_response_exception", "invalidresponse", "Invalid response value detected", debuginfo)
