"""What Moodle throws, and the words it uses. Bodies as measured on Moodle 4.2.3."""

from __future__ import annotations

from tests.sandbox.moodle.settings import DEVELOPER_DEBUG, NORMAL_DEBUG


class MoodleError(Exception):
    """One exception of Moodle: its class, its code, what everybody reads, and what only a debugging site shows."""

    def __init__(self, exception: str, errorcode: str, message: str, debuginfo: str = "") -> None:
        super().__init__(f"{errorcode}: {debuginfo or message}")
        self.exception = exception
        self.errorcode = errorcode
        self.message = message
        self.debuginfo = debuginfo

    def message_at(self, debug: int) -> str:
        """The message as a site of this debug level words it."""
        return f"{self.message} ({self.debuginfo})" if self.debuginfo and debug >= DEVELOPER_DEBUG else self.message

    def debuginfo_at(self, debug: int) -> str:
        """The detail as far as a site of this debug level tells it."""
        return self.debuginfo if debug >= NORMAL_DEBUG else ""


def invalid_parameter(debuginfo: str) -> MoodleError:
    """The answer to nearly every bad write: it names no field and no user."""
    return MoodleError("invalid_parameter_exception", "invalidparameter", "Invalid parameter value detected", debuginfo)


def database_write(debuginfo: str) -> MoodleError:
    """Too long, or not unique, or a deadlock: the three look the same."""
    return MoodleError("dml_write_exception", "dmlwriteexception", "Error writing to database", debuginfo)


def record_missing(table: str) -> MoodleError:
    """A row that had to exist does not."""
    return MoodleError(
        "dml_missing_record_exception",
        "invalidrecord",
        f"Can't find data record in database table {table}.",
    )


def invalid_token() -> MoodleError:
    """A token that is wrong, empty or absent."""
    return MoodleError("moodle_exception", "invalidtoken", "Invalid token - token not found")


def no_access(debuginfo: str) -> MoodleError:
    """The token may not do this at all; why is not said."""
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


def invalid_response() -> MoodleError:
    """Moodle's own answer did not fit Moodle's own description of it."""
    return MoodleError("invalid_response_exception", "invalidresponse", "Invalid response value detected")
