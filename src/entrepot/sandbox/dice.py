"""Repeatable chance: the same seed and the same question always give the same answer."""

from collections.abc import Sequence
from hashlib import blake2b
from uuid import UUID


class Dice:
    """Answers questions by hashing them, so an answer does not depend on what was asked before."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def _digest(self, question: tuple[object, ...], size: int) -> bytes:
        return blake2b(repr((self.seed, *question)).encode(), digest_size=size).digest()

    def below(self, limit: int, *question: object) -> int:
        """A number from 0 up to, and without, *limit*."""
        return int.from_bytes(self._digest(question, 8)) % limit

    def chance(self, *question: object) -> float:
        """A number from 0 up to, and without, 1."""
        return int.from_bytes(self._digest(question, 7)) / (1 << 56)

    def pick[T](self, choices: Sequence[T], *question: object) -> T:
        return choices[self.below(len(choices), *question)]

    def letters(self, length: int, *question: object, alphabet: str) -> str:
        """A text of *length* characters of *alphabet*."""
        number = int.from_bytes(self._digest(question, 32))
        drawn: list[str] = []
        for _ in range(length):
            number, rest = divmod(number, len(alphabet))
            drawn.append(alphabet[rest])
        return "".join(drawn)

    def uuid(self, *question: object) -> str:
        return str(UUID(bytes=self._digest(question, 16), version=4))
