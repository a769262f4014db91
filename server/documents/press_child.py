"""The process behind `press`: draws and signs what it is given, until its pipe is closed."""

import gc
import os
import pickle
import struct
import sys

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from server.documents import drawing, signing
from server.documents.identities import Identity
from server.documents.press import HEAD


def main() -> int:
    asks, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints goes elsewhere
    while head := asks.read(8):
        (size,) = struct.unpack(">Q", head)
        try:
            content, is_well = _made(asks.read(size)), True
        except Exception as failure:
            content, is_well = f"{type(failure).__name__}: {failure}".encode(), False
        answers.write(HEAD.pack(is_well, len(content)) + content)
        answers.flush()
        gc.collect()
    return 0


def _made(question: bytes) -> bytes:
    paper, (key, certificate, chain, is_self_made) = pickle.loads(question)
    by = Identity(
        serialization.load_der_private_key(key, None),  # type: ignore[arg-type]
        x509.load_der_x509_certificate(certificate),
        tuple(map(x509.load_der_x509_certificate, chain)),
        is_self_made,
    )
    return signing.sign_pdf(drawing.draw(paper, drawing.Seal(by.name, by.is_self_made)), by)


if __name__ == "__main__":
    sys.exit(main())
