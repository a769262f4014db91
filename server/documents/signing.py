"""The shop's signature within a PDF (PAdES, baseline B-B)."""

import io

from asn1crypto import keys, x509  # type: ignore[import-untyped]
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore

from server.documents.identities import Identity

FIELD = "Shop"


def sign_pdf(content: bytes, by: Identity) -> bytes:
    """The same document with the signature behind it: nothing before it changes."""
    meta = signers.PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        name=by.name,
    )
    store = SimpleCertificateStore.from_certs(
        [x509.Certificate.load(_der(each)) for each in by.chain]
    )
    signer = signers.SimpleSigner(
        signing_cert=x509.Certificate.load(_der(by.certificate)),
        signing_key=keys.PrivateKeyInfo.load(_key(by)),
        cert_registry=store,
    )
    signed = io.BytesIO()
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    signers.PdfSigner(meta, signer).sign_pdf(writer, output=signed)
    return signed.getvalue()


def _der(certificate: object) -> bytes:
    der: bytes = certificate.public_bytes(serialization.Encoding.DER)  # type: ignore[attr-defined]
    return der


def _key(by: Identity) -> bytes:
    return by.key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
