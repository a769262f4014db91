"""The offline companion: everything an installer does on site, without a network, and its sync.

    from field_client import Companion

    with Companion("~/doorstep") as tablet:
        tablet.login("alice", password, "https://office.example")
        tablet.sync()
        tablet.arrive("J-1001")

It shares the pure rules of `server.domain` with the server, and nothing else.
"""

from field_client.clock import Clock
from field_client.companion import Companion
from field_client.errors import CompanionError, Exit
from field_client.jobs import Job
from field_client.sync import Report
from field_client.transport import Answer, HttpTransport, Transport

__all__ = [
    "Answer",
    "Clock",
    "Companion",
    "CompanionError",
    "Exit",
    "HttpTransport",
    "Job",
    "Report",
    "Transport",
]
