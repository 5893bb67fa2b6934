"""An authority of our own for TLS: it signs a server's certificate, and nobody else knows it."""

import datetime as dt
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LIFE = dt.timedelta(days=1)


class Authority:
    """An authority, and the files of one server on an address that it vouches for."""

    def __init__(self, folder: Path, address: str) -> None:
        folder.mkdir()
        self.ca_file = folder / "ca.pem"
        self.certificate_file = folder / "server.pem"
        self.key_file = folder / "server.key"
        authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        authority = _name(f"authority {folder.name}")
        signed = _builder(authority, authority, authority_key.public_key(), ca=True)
        self.ca_file.write_bytes(_pem(signed.sign(authority_key, hashes.SHA256())))
        server = _builder(_name("server"), authority, server_key.public_key(), ca=False)
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))])
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
        server = server.add_extension(names, critical=False)
        server = server.add_extension(identifier, critical=False)
        self.certificate_file.write_bytes(_pem(server.sign(authority_key, hashes.SHA256())))
        self.key_file.write_bytes(
            server_key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, *, ca: bool
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=ca, crl_sign=ca, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - LIFE)
        .not_valid_after(now + LIFE)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
