"""For tests of documents: few are made, because each takes half a second; all tests read the same."""

from collections.abc import Callable
from pathlib import Path

import pytest

from server.documents import drawing, identities, signing
from server.documents.papers import Paper
from tests import papers, people
from tests.client import Client
from tests.conftest import HandClock
from tests.shop import Shop

IDENTITY = identities.self_made("a secret of tests, and of nothing else", is_demo=True)
SEAL = drawing.Seal(IDENTITY.name, IDENTITY.is_self_made)


def drawn(paper: Paper) -> bytes:
    return signing.sign_pdf(drawing.draw(paper, SEAL), IDENTITY)


@pytest.fixture(scope="session")
def thumbs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the small copies of sample photos lie."""
    return tmp_path_factory.mktemp("thumbs")


@pytest.fixture(scope="session")
def receipt(thumbs: Path) -> bytes:
    """A signed receipt with four photos, in Chinese."""
    return drawn(papers.paper(papers.visit(4), thumbs))


@pytest.fixture
def shop(sign_in: Callable[[people.Character], Client], clock: HandClock) -> Shop:
    return Shop(sign_in, clock)
