"""The engine of the host's random generator: a stream of 32-bit words, its seed and its state.

It is the Mersenne Twister MT19937 of Matsumoto and Nishimura (1998), seeded with the low 32 bits of the seed
as their ``init_genrand`` does. NumPy has it in C; here it gets PyTorch's seeds and form of the state.
"""

from __future__ import annotations

import operator
import os
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from plugrad.core.errors import with_hint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

DEFAULT_SEED = 67280421310721

# Words of one block of the Mersenne Twister.
_BLOCK = 624
_NOTHING = np.empty(0, np.uint32)

# CPUGeneratorImplState of PyTorch's CPUGeneratorImpl.cpp, so that saved states can be exchanged.
_STATE = np.dtype(
    {
        "names": ["seed", "left", "seeded", "next", "key", "normal", "has_normal", "float", "has_float"],
        "formats": ["<u8", "<i4", "<i4", "<u8", ("<u8", _BLOCK), "<f8", "<i4", "<f4", "?"],
        "offsets": [0, 8, 12, 16, 24, 5024, 5040, 5048, 5052],
        "itemsize": 5056,
    }
)


# Numbers made in one pass over memory: their words fill 128 KiB, well inside a cache.
CHUNK = 32768


class MersenneTwister:
    """PyTorch's seeds and states over NumPy's Mersenne Twister, with words handed out in any number.

    Args:
        seed: Any integer from -2**63 to 2**64 - 1; PyTorch's default seed by default.
    """

    __slots__ = (
        "_block",
        "_float_normal",
        "_fresh",
        "_left",
        "_lock",
        "_next",
        "_next_normal",
        "_random_raw",
        "_seed",
        "_source",
        "_twister",
    )

    def __init__(self, seed: int = DEFAULT_SEED) -> None:
        self._lock = threading.Lock()
        # The engine is made by the first draw: importing numpy.random costs more than all the rest.
        self._source: Any = None
        self._twister: Any = None
        self._random_raw: Any = None
        self.manual_seed(seed)

    def manual_seed(self, seed: int) -> None:
        """Start the stream anew from a seed.

        Args:
            seed: Any integer from -2**63 to 2**64 - 1. A negative one counts from 2**64 down.

        Raises:
            ValueError: The seed is outside that range.
        """
        seed = operator.index(seed)
        if not -(1 << 63) <= seed < 1 << 64:
            hint = f"a seed is an integer from -2**63 to 2**64 - 1, got {seed}"
            raise ValueError(with_hint("Overflow when unpacking long long", hint))
        with self._lock:
            self._seed = seed % (1 << 64)
            # Words of the engine's current block that have been drawn from it but not been used, and how
            # many the engine has yet to give of that block: one of the two is always empty.
            self._block = _NOTHING
            self._next = 0
            self._left = 0
            self._fresh = True
            self._next_normal: float | None = None
            self._float_normal: float | None = None
            if self._source is not None:
                self._source.seed(self._seed & 0xFFFFFFFF)

    def seed(self) -> int:
        """Start the stream anew from entropy of the operating system, and return the new seed."""
        seed = int.from_bytes(os.urandom(8), "little")
        self.manual_seed(seed)
        return seed

    def initial_seed(self) -> int:
        """The seed that the stream started from, as a non-negative integer."""
        return self._seed

    def get_state(self) -> NDArray[np.uint8]:
        """The whole state, as the 5056 bytes that ``get_state`` of PyTorch's CPU generator gives."""
        state = np.zeros((), _STATE)
        with self._lock:
            self._start()
            position = _BLOCK - self._left - (self._block.size - self._next)
            state["seed"] = self._seed
            # PyTorch makes a block when it is first needed, not when the one before is used up.
            state["left"] = 1 if self._fresh else 1 + _BLOCK - position
            state["next"] = 0 if self._fresh else position
            state["seeded"] = 1
            state["key"] = self._twister.state["state"]["key"]
            if self._next_normal is not None:
                state["normal"], state["has_normal"] = self._next_normal, 1
            if self._float_normal is not None:
                state["float"], state["has_float"] = self._float_normal, True
        return state.reshape(1).view(np.uint8)

    def set_state(self, state: Any) -> None:
        """Continue from a state that :meth:`get_state`, or PyTorch's CPU generator, gave.

        Args:
            state: 5056 bytes, as an array of uint8 or as a bytes-like object.

        Raises:
            TypeError: The state is an array of another dtype.
            RuntimeError: The state has another length, or is not one of this engine.
        """
        if not isinstance(state, np.ndarray):
            state = np.frombuffer(state, np.uint8)
        if state.dtype != np.uint8:
            hint = f"a state is an array of uint8, got {state.dtype}"
            raise TypeError(with_hint("RNG state must be a plugrad.ByteTensor", hint))
        if state.size != _STATE.itemsize:
            text = (
                f"Expected a CPUGeneratorImplState of size {_STATE.itemsize} "
                f"but found the input RNG state size to be {state.size}"
            )
            raise RuntimeError(with_hint(text, "pass what get_state() returned"))
        fields = np.ascontiguousarray(state).reshape(-1).view(_STATE)[0]
        left, following = int(fields["left"]), int(fields["next"])
        key = fields["key"]
        if fields["seeded"] != 1 or not 0 < left <= _BLOCK or following > _BLOCK or key.max() >> 32:
            raise RuntimeError(with_hint("Invalid mt19937 state", "pass what get_state() returned"))
        with self._lock:
            self._start()
            position = _BLOCK if left == 1 else following
            state = {"key": key.astype(np.uint32), "pos": position}
            self._twister.state = {"bit_generator": "MT19937", "state": state}
            self._seed = int(fields["seed"])
            self._block = _NOTHING
            self._next = 0
            self._left = _BLOCK - position
            self._fresh = left == 1 and following == 0
            self._next_normal = float(fields["normal"]) if fields["has_normal"] else None
            self._float_normal = float(fields["float"]) if fields["has_float"] else None

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), self.get_state().tobytes())

    def _start(self) -> None:
        if self._source is None:
            self._twister = np.random.MT19937()
            self._random_raw = self._twister.random_raw
            self._source = np.random.RandomState(self._twister)
            self._source.seed(self._seed & 0xFFFFFFFF)

    def _shuffled(self, count: int) -> Any:
        """NumPy's own permutation, which draws an unforeseeable number of words."""
        self._start()
        result = self._source.permutation(count)
        self._block = _NOTHING
        self._next = 0
        self._left = _BLOCK - self._twister.state["state"]["pos"]
        self._fresh = False
        return result

    def _take(self, count: int) -> NDArray[np.uint32]:
        """The next words of the stream, in an array that is the caller's to overwrite."""
        stop = self._next + count
        if stop <= self._block.size:
            words = self._block[self._next : stop]
            self._next = stop
            return words
        self._start()
        rest = self._block[self._next :]
        missing = count - rest.size
        room = self._left or _BLOCK
        self._fresh = False
        if missing <= room:
            # Small draws are slices of a whole block: a call of the engine costs more than some words.
            self._block = self._random_raw(room).astype(np.uint32)
            self._next = missing
            self._left = 0
            words = self._block[:missing]
        else:
            words = self._source.randint(0, 1 << 32, missing, np.uint32)
            self._block = _NOTHING
            self._next = 0
            self._left = (self._left - missing) % _BLOCK
        return words if rest.size == 0 else np.concatenate((rest, words))

    def _chunks(self, count: int, each: int = 1) -> Iterator[tuple[slice, NDArray[np.uint32]]]:
        """Parts of a flat array of so many numbers, with ``each`` words per number."""
        if count <= CHUNK:
            if count:
                yield slice(0, count), self._take(count * each)
            return
        for start in range(0, count, CHUNK):
            stop = min(start + CHUNK, count)
            yield slice(start, stop), self._take((stop - start) * each)


def _restored(kind: type[MersenneTwister], state: bytes) -> MersenneTwister:
    generator = kind()
    generator.set_state(state)
    return generator
