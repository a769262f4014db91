"""Certificates for the demo on a tablet: camera and service worker want a connection that the browser trusts.

An authority of this demo vouches for one name and no other, so that whoever installs it on a tablet trusts it
with nothing else. Both are made once for each name and kept with the demo's data.
"""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFE = timedelta(days=397)  # browsers refuse certificates that live longer than 398 days
RENEWED_BEFORE = timedelta(days=30)
SKEW = timedelta(days=1)  # a tablet's clock may be behind


@dataclass(frozen=True, slots=True)
class Papers:
    """Files in PEM: what a tablet installs, and what the server shows and signs with."""

    authority: Path
    certificate: Path
    key: Path


def papers(folder: Path, host: str, now: datetime) -> Papers:
    """Those of this host, made anew where there are none or they run out soon."""
    home = folder / host.replace(":", "-")
    found = Papers(home / "authority.crt", home / "server.crt", home / "server.key")
    if not _are_good(found, now):
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(found, host, now)
    return found


def _are_good(found: Papers, now: datetime) -> bool:
    if not all(each.is_file() for each in (found.authority, found.certificate, found.key)):
        return False
    certificate = x509.load_pem_x509_certificate(found.certificate.read_bytes())
    return certificate.not_valid_after_utc > now + RENEWED_BEFORE


def _make(where: Papers, host: str, now: datetime) -> None:
    authority_key = ec.generate_private_key(ec.SECP256R1())
    own_key = ec.generate_private_key(ec.SECP256R1())
    issuer = _named(f"Doorstep demo on {host}")
    authority = _authority(issuer, authority_key, host, now)
    certificate = _certificate(issuer, authority_key, own_key.public_key(), host, now)
    where.authority.write_bytes(authority.public_bytes(Encoding.PEM))
    where.certificate.write_bytes(certificate.public_bytes(Encoding.PEM))
    where.key.touch(mode=0o600)
    where.key.write_bytes(own_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _authority(
    name: x509.Name, key: ec.EllipticCurvePrivateKey, host: str, now: datetime
) -> x509.Certificate:
    """It may vouch for this host only, and its key is thrown away once it has."""
    return (
        _begun(name, name, key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.NameConstraints([_allowed(host)], None), critical=True)
        .add_extension(_may(key_cert_sign=True, crl_sign=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _certificate(
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    key: ec.EllipticCurvePublicKey,
    host: str,
    now: datetime,
) -> x509.Certificate:
    return (
        _begun(_named(host), issuer, key, now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([_alternative(host)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_may(digital_signature=True), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + LIFE - SKEW)
    )


def _named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _allowed(host: str) -> x509.GeneralName:
    """The same, as a constraint: an address is a network of one."""
    try:
        return x509.IPAddress(ipaddress.ip_network(host))
    except ValueError:
        return x509.DNSName(host)


def _may(**what: bool) -> x509.KeyUsage:
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment")
    more = ("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{**dict.fromkeys((*names, *more), False), **what})
