"""The document that the customer signs: built from the field events, the same bytes on both sides.

A receipt is plain JSON. Its canonical form (RFC 8785) has one SHA-256 digest, and the signature
covers that digest. Tablet and server build it apart from each other from the same sheet (the
office-owned half of a job, of the `rev` the tablet had) and the same lane (the field events of one
client on one job, oldest first), so nothing here may depend on a clock, on chance or on the order
of keys. Money is integer cents. The shape is `doorstep-receipt/1`; changing it takes a new format.

Odd lanes never raise. The rules, which every client follows:

- an event without a text `event_id`, or with one that was seen before, does not count;
- only the kinds of `CONTENT_KINDS` count, and of notes only those meant for the customer: a receipt
  covers what it says, so a signature outlives an office note, and the digest that was signed
  without a reservation is the very digest that was presented;
- of accepting, travelling and arriving the first counts, of everything else that is said again
  (an assessment, an answer, a line, photo or request of one id) the last, in the first's place;
- what was voided, discarded or lost is left out, wherever in the lane that was said;
- a number that is not whole, or is beyond 2^53 - 1, becomes the text that ECMAScript gives it.
"""

from server.domain.receipts.building import CONTENT_KINDS, FORMAT, build, content, is_content
from server.domain.receipts.plain import LARGEST_INTEGER
from server.domain.receipts.reading import (
    Section,
    address,
    clock,
    explain,
    money,
    price,
    slot_labels,
)
from server.domain.receipts.words import AGREEMENTS, WORDS
from server.domain.receipts.writing import CODE_LETTERS, canonical, digest, short_code

__all__ = [
    "AGREEMENTS",
    "CODE_LETTERS",
    "CONTENT_KINDS",
    "FORMAT",
    "LARGEST_INTEGER",
    "WORDS",
    "Section",
    "address",
    "build",
    "canonical",
    "clock",
    "content",
    "digest",
    "explain",
    "is_content",
    "money",
    "price",
    "short_code",
    "slot_labels",
]
