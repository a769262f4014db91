"""Who signs: a key with its certificate, and how people tell certificates apart."""

from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.x509.oid import NameOID

SELF_MADE = "Doorstep, self-made: proves no name"
INFO = b"doorstep documents: self-made key"
SINCE, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2056, 1, 1, tzinfo=UTC)
ORDER = (
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256 (SEC 2, 2.4.2)
)

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signs. `chain` are the certificates between it and those whom others trust."""

    key: Key
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()
    is_self_made: bool = False

    @property
    def name(self) -> str:
        return name_of(self.certificate)


def self_made(secret: str, *, is_demo: bool = False) -> Identity:
    """From the secret of the house, so that all its processes have the same and none has to keep it.

    It shows that a file was changed; it says in its own name that it proves no one's.
    """
    way = HKDF(hashes.SHA256(), length=48, salt=None, info=INFO)
    number = int.from_bytes(way.derive(secret.encode())) % (ORDER - 1) + 1
    key = ec.derive_private_key(number, ec.SECP256R1())
    called = f"{SELF_MADE}{' (demo)' if is_demo else ''}"
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, called)])
    usage = dict.fromkeys(
        ("key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign")
        + ("crl_sign", "encipher_only", "decipher_only"),
        False,
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(number % 2**120 + 1)
        .not_valid_before(SINCE)
        .not_valid_after(UNTIL)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=True, content_commitment=True, **usage), critical=True
        )
        .sign(key, hashes.SHA256(), ecdsa_deterministic=True)
    )
    return Identity(key, made, is_self_made=True)


def name_of(certificate: x509.Certificate) -> str:
    """The common name; the whole subject where there is none."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.subject.rfc4514_string()


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 over the certificate, by which people compare it."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
