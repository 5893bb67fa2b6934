r"""The signature of a request: an HMAC that a key holder alone can make for one topic and moment.

What is signed is the topic, and the request's `transaction`, `at`, `ttl_s` and `args` as they stand
in the payload, character by character; each is a line, and what is missing is an empty one. So
whoever signs need not agree with whoever checks on how JSON is to be spelled. In JavaScript:

    [topic, ...[transaction, at, ttl_s, args].map((each) => JSON.stringify(each) ?? "")].join("\n")

The signature is HMAC-SHA256 of that text in UTF-8, as lower-case hexadecimal digits.

Source: https://www.rfc-editor.org/rfc/rfc2104
"""

import hashlib
import hmac

import msgspec

from colab_cdp_protocols.payloads import Request

_NOTHING = msgspec.Raw(b"")
_encoder = msgspec.json.Encoder()


class _AsWritten(msgspec.Struct):
    transaction: msgspec.Raw = _NOTHING
    at: msgspec.Raw = _NOTHING
    ttl_s: msgspec.Raw = _NOTHING
    args: msgspec.Raw = _NOTHING


def signed_text(topic: str, payload: bytes) -> bytes:
    """Return what the signature of a request is made of.

    Raises:
        msgspec.DecodeError: the payload is no JSON object.

    """
    written = msgspec.json.decode(payload, type=_AsWritten)
    parts = (written.transaction, written.at, written.ttl_s, written.args)
    return b"\n".join([topic.encode(), *map(bytes, parts)])


def signature(key: str, topic: str, payload: bytes) -> str:
    """Return the signature of a request.

    Raises:
        msgspec.DecodeError: the payload is no JSON object.

    """
    return hmac.new(key.encode(), signed_text(topic, payload), hashlib.sha256).hexdigest()


def sign(key: str, topic: str, request: Request) -> bytes:
    """Return a request's payload with its signature in it."""
    unsigned = msgspec.structs.replace(request, hmac=None)
    made = signature(key, topic, _encoder.encode(unsigned))
    return _encoder.encode(msgspec.structs.replace(unsigned, hmac=made))


def is_signed(key: str, topic: str, payload: bytes, claimed: str | None) -> bool:
    """Return whether a payload bears the signature of that key, in the same time for any other.

    Raises:
        msgspec.DecodeError: the payload is no JSON object.

    """
    made = signature(key, topic, payload).encode()
    return hmac.compare_digest(made, (claimed or "").encode(errors="replace"))
