"""The shop's key and certificate: what the configuration names, else a self-made one that says so."""

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from server.config import Config, ConfigError
from server.documents.identities import Identity, self_made


def of_house(config: Config) -> Identity:
    """Raises `ConfigError` for a file that holds no certificate with its key."""
    if config.certificate is None:
        return self_made(config.secret, is_demo=config.is_demo)
    return _read(config.certificate, config.certificate_passphrase)


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
