"""What a fuzz target is: a decoder, what it may refuse with, and inputs to begin with."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

Read = Callable[[bytes], object]


@dataclass(frozen=True)
class Target:
    """One decoder of what others write.

    Attributes:
        name: as the command line calls it.
        read: reads an input, whatever it is, and checks what must hold of the outcome.
        seeds: inputs that are real, or nearly.
        refuses: the documented errors; any other is a defect.

    """

    name: str
    read: Read
    seeds: tuple[bytes, ...]
    refuses: tuple[type[Exception], ...] = ()

    def __str__(self) -> str:
        return self.name

    def try_on(self, data: bytes) -> None:
        """Read an input; what it is refused with must be documented, and say something."""
        said = refusal(lambda: self.read(data), *self.refuses)
        assert said is None or said.strip()


def refusal(read: Callable[[], object], *refuses: type[Exception]) -> str | None:
    """Return what a reader says of what it refuses, None where it takes it."""
    try:
        read()
    except refuses as error:
        return str(error)
    return None


def encoded(texts: Iterable[str]) -> tuple[bytes, ...]:
    """Return texts as inputs."""
    return tuple(text.encode(errors="surrogatepass") for text in texts)
