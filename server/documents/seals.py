"""The shop's signature around a list of hashes (CMS): made, and read again."""

import hashlib
from dataclasses import dataclass

from asn1crypto import cms  # type: ignore[import-untyped]
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs7

from server.documents import identities
from server.documents.findings import Json, Unreadable
from server.documents.identities import Identity

Hash = type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512]
HASHES: dict[str, Hash] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


@dataclass(frozen=True, slots=True)
class Sealed:
    """What is inside a signature, and whether the signature is over that."""

    content: bytes
    certificate: x509.Certificate
    is_valid: bool


def seal(content: bytes, by: Identity) -> bytes:
    """The content inside a signature (CMS SignedData, DER), as `openssl cms -verify` reads it."""
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
    builder = builder.add_signer(by.certificate, by.key, hashes.SHA256())
    for each in by.chain:
        builder = builder.add_certificate(each)
    options = [pkcs7.PKCS7Options.Binary, pkcs7.PKCS7Options.NoCapabilities]
    return builder.sign(serialization.Encoding.DER, options)


def open_seal(der: bytes) -> Sealed:
    """Reads CMS SignedData with its content inside. Raises `Unreadable`."""
    try:
        signed = cms.ContentInfo.load(der, strict=True)["content"]
        content = signed["encap_content_info"]["content"].native
        (signer,) = signed["signer_infos"]
        serial = signer["sid"].chosen["serial_number"].native
        (certificate,) = [
            x509.load_der_x509_certificate(each.chosen.dump())
            for each in signed["certificates"]
            if each.chosen.serial_number == serial
        ]
        return Sealed(bytes(content), certificate, _fits(signer, bytes(content), certificate))
    except (ValueError, TypeError, KeyError, AttributeError) as failure:
        raise Unreadable("signature") from failure


def _fits(signer: cms.SignerInfo, content: bytes, certificate: x509.Certificate) -> bool:
    """The attributes name the content's hash, and the signature is over the attributes (RFC 5652, 5.4)."""
    name = signer["digest_algorithm"]["algorithm"].native
    if name not in HASHES:
        return False
    said = {each["type"].native: each["values"][0] for each in signer["signed_attrs"]}
    digest = said.get("message_digest")
    if digest is None or digest.native != hashlib.new(name, content).digest():
        return False
    attributes = signer["signed_attrs"].untag().dump()
    return is_signed_by(certificate, signer["signature"].native, attributes, HASHES[name]())


def is_signed_by(
    certificate: x509.Certificate, signature: bytes, content: bytes, by: hashes.HashAlgorithm
) -> bool:
    key = certificate.public_key()
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, content, ec.ECDSA(by))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, content, padding.PKCS1v15(), by)
        else:
            return False
    except InvalidSignature:
        return False
    return True


def told(certificate: x509.Certificate) -> Json:
    """Who it names; whether anybody vouches for that is for the reader to judge."""
    return {
        "name": identities.name_of(certificate),
        "fingerprint": identities.fingerprint(certificate),
        "self_made": certificate.issuer == certificate.subject,
        "valid_from": certificate.not_valid_before_utc.date().isoformat(),
        "valid_until": certificate.not_valid_after_utc.date().isoformat(),
    }
