"""The shop's key and certificate: what the configuration names, else a self-made one that says so."""

from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from server.config import Config, ConfigError
from server.documents.identities import Identity

SELF_MADE = "Doorstep, self-made: proves no name"
INFO = b"doorstep documents: self-made key"
SINCE, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2056, 1, 1, tzinfo=UTC)
ORDER = (
    0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256 (SEC 2, 2.4.2)
)


def of_house(config: Config) -> Identity:
    """Raises `ConfigError` for a file that holds no certificate with its key."""
    if config.certificate is None:
        return self_made(config.secret, is_demo=config.is_demo)
    return _read(config.certificate, config.certificate_passphrase)


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


def _read(file: Path, passphrase: str) -> Identity:
    secret = passphrase.encode() or None
    try:
        content = file.read_bytes()
        if b"-----BEGIN" in content:
            key = serialization.load_pem_private_key(content, secret)
            first, *others = x509.load_pem_x509_certificates(content)
        else:
            loaded = pkcs12.load_pkcs12(content, secret)
            key, first = loaded.key, loaded.cert and loaded.cert.certificate  # type: ignore[assignment]
            others = [each.certificate for each in loaded.additional_certs]
    except (OSError, ValueError, TypeError) as failure:
        raise ConfigError(f"{_NAME} cannot be read: {failure}.") from failure
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) or first is None:
        raise ConfigError(f"{_NAME} must hold a certificate and its key (RSA or elliptic curve).")
    if key.public_key() != first.public_key():
        raise ConfigError(f"{_NAME} holds a key that is not the one of its first certificate.")
    return Identity(key, first, tuple(others))


_NAME = "DOORSTEP_CERTIFICATE"
