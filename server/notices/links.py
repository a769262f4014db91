"""Where the links in a notice lead: the one place that knows."""

from server import signed_links
from server.actions import retakes
from server.config import Config
from server.db.notices import Notice
from server.domain import notices as rules


def link_for(config: Config, notice: Notice) -> str:
    """The page of the customer that this notice is about; empty where there is none."""
    if notice.kind == rules.RETAKE and notice.subject_id:
        token = signed_links.token(config.secret, retakes.PURPOSE, notice.subject_id)
        return f"{config.public_url}/c/{token}"
    return ""
