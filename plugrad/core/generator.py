"""Generators: streams of random numbers, drawn on the host unless a backend brings its own generator.

So the same seed gives the same numbers on every device, and they are PyTorch's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from plugrad.core import data, dispatch, dtypes
from plugrad.core.arguments import type_name
from plugrad.core.default_device import beneath, place
from plugrad.core.device import device as Device
from plugrad.core.errors import with_hint
from plugrad.core.value import Value

#: PyTorch's seed where nobody gives one.
DEFAULT_SEED: Final = 67280421310721


class Generator:
    """A stream of random numbers on a device: the same seed gives the same numbers, which are PyTorch's.

    Args:
        device: The device that it draws for.

    Attributes:
        device: That device.

    Raises:
        RuntimeError: if there is no such device.

    Example::

        >>> import plugrad
        >>> generator = plugrad.Generator().manual_seed(0)
        >>> plugrad.rand(2, generator=generator)
        tensor([0.4963, 0.7682])
    """

    __slots__ = ("_source", "device", "on_host")

    device: Any

    def __init__(self, device: Any = "cpu") -> None:
        # The default generator is made at import, when no backend must be loaded: a name will do.
        self.device = Device("cpu") if isinstance(device, str) and device == "cpu" else beneath(device)
        self._source: Any = None
        #: Whether it draws on the host, known when it has drawn.
        self.on_host = True

    @property
    def source(self) -> Any:
        """What draws: the host's generator or the backend's own, made at first use."""
        if self._source is None:
            backend, home = place(self.device).root.backend, data.host()
            own = None if backend is home else backend.generator(DEFAULT_SEED)
            self.on_host = own is None
            self._source = home.generator(DEFAULT_SEED) if own is None else own
        return self._source

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream anew from a seed.

        Args:
            seed: Any integer from -2**63 to 2**64 - 1.

        Returns:
            This generator.

        Raises:
            RuntimeError: if it is no integer.
            ValueError: if it is outside of that range.
        """
        if not hasattr(seed, "__index__"):
            raise RuntimeError(
                with_hint(f"manual_seed expected a long, but got {type_name(seed)}", "a seed is an integer.")
            )
        self.source.manual_seed(int(seed))
        return self

    def seed(self) -> int:
        """Start the stream anew from the operating system's entropy, and return the new seed."""
        seed = int.from_bytes(os.urandom(8), "little")
        self.manual_seed(seed)
        return seed

    def initial_seed(self) -> int:
        """Return the seed that the stream started from."""
        return int(self.source.initial_seed())

    def get_state(self) -> Any:
        """Return the whole state as a tensor of bytes on the CPU, the same as PyTorch's."""
        where = beneath("cpu")
        return dispatch.Tensor(self.source.get_state(), where, dtypes.uint8)

    def set_state(self, new_state: Any) -> None:
        """Continue from a state.

        Args:
            new_state: What ``get_state``, or that of PyTorch, returned.

        Raises:
            TypeError: if it is no tensor of bytes.
            RuntimeError: if it is no state.
        """
        if not isinstance(new_state, Value):
            raise TypeError(f"expected a plugrad.ByteTensor, but got {type_name(new_state)}")
        if new_state.dtype is not dtypes.uint8:
            raise TypeError(
                with_hint("RNG state must be a plugrad.ByteTensor", f"a state's dtype is not {new_state.dtype}.")
            )
        self.source.set_state(data.to_host(new_state))

    def clone_state(self) -> Generator:
        """Return a generator that continues as this one does, independently."""
        clone = Generator(self.device)
        clone.source.manual_seed(self.initial_seed())
        clone.source.set_state(self.source.get_state())
        return clone

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (str(self.device), self.source.get_state())

    def __repr__(self) -> str:
        return f"<plugrad.Generator on {self.device} at {id(self):#x}>"


def _restored(device: str, state: Any) -> Generator:
    generator = Generator(device)
    generator.source.set_state(state)
    return generator


#: The generator that draws for the CPU, and for every device that has none of its own.
default_generator: Final = Generator()

#: The generators of the devices that have their own, by device.
_defaults: Final[dict[Any, Generator]] = {}


def default_for(where: Any) -> Generator:
    """The generator that draws for a device where none is given."""
    where = where.root
    if where.type == "cpu":
        return default_generator
    found = _defaults.get(where)
    if found is None:
        found = Generator(where).manual_seed(default_generator.initial_seed())
        if found.on_host:
            found = default_generator
        _defaults[where] = found
    return found


def all_defaults() -> list[Generator]:
    """Every default generator in use, each once."""
    return list({id(g): g for g in (default_generator, *_defaults.values())}.values())


def manual_seed(seed: Any) -> Generator:
    """Start every default generator anew from a seed, so that a run can be repeated.

    Args:
        seed: Any integer from -2**63 to 2**64 - 1.

    Returns:
        The CPU's default generator.

    Raises:
        ValueError: if it is outside of that range.

    Example::

        >>> import plugrad
        >>> generator = plugrad.manual_seed(0)
        >>> plugrad.rand(2)
        tensor([0.4963, 0.7682])
    """
    number = int(seed)
    for generator in all_defaults():
        generator.manual_seed(number)
    return default_generator


def seed() -> int:
    """Start every default generator anew from the operating system's entropy.

    Returns:
        The new seed.

    Example::

        >>> import plugrad
        >>> plugrad.seed() == plugrad.initial_seed()
        True
    """
    number = default_generator.seed()
    manual_seed(number)
    return number


def initial_seed() -> int:
    """Return the seed that the CPU's default generator started from.

    Example::

        >>> import plugrad
        >>> generator = plugrad.manual_seed(7)
        >>> plugrad.initial_seed()
        7
    """
    return default_generator.initial_seed()


def get_rng_state() -> Any:
    """Return the state of the CPU's default generator as a tensor of bytes.

    Example::

        >>> import plugrad
        >>> state = plugrad.get_rng_state()
        >>> x = plugrad.rand(2)
        >>> plugrad.set_rng_state(state)
        >>> bool((plugrad.rand(2) == x).all())
        True
    """
    return default_generator.get_state()


def set_rng_state(new_state: Any) -> None:
    """Continue the CPU's default generator from a state.

    Args:
        new_state: What ``get_rng_state`` returned.

    Raises:
        TypeError: if it is no tensor of bytes.
        RuntimeError: if it is no state.

    Example::

        >>> import plugrad
        >>> plugrad.set_rng_state(plugrad.get_rng_state())
    """
    default_generator.set_state(new_state)


@contextmanager
def fork_rng(devices: Any = None, enabled: bool = True) -> Iterator[None]:
    """Put the default generators back to their present states at the end of a ``with`` block.

    Args:
        devices: Not needed: all default generators are put back.
        enabled: Whether to do anything.

    Example::

        >>> import plugrad
        >>> with plugrad.random.fork_rng():
        ...     x = plugrad.rand(2)
        >>> bool((plugrad.rand(2) == x).all())
        True
    """
    states = [(g, g.source.get_state()) for g in all_defaults()] if enabled else []
    try:
        yield
    finally:
        for g, state in states:
            g.source.set_state(state)


# Where the states of generators are noted before they draw, outermost first.
_notes: ContextVar[tuple[dict[Generator, Any], ...]] = ContextVar("plugrad_generator_notes", default=())


@contextmanager
def noting(states: dict[Generator, Any]) -> Iterator[None]:
    """Note the state of every generator before it first draws within a ``with`` block of this context."""
    previous = _notes.get()
    _notes.set((*previous, states))
    try:
        yield
    finally:
        _notes.set(previous)


@contextmanager
def replaying(states: dict[Generator, Any]) -> Iterator[None]:
    """Let generators draw within a ``with`` block what they drew when their states were noted."""
    present = [(g, g.source.get_state()) for g in dict.fromkeys((*all_defaults(), *states))]
    try:
        for g, state in states.items():
            g.source.set_state(state)
        yield
    finally:
        for g, state in present:
            g.source.set_state(state)


def _source(generator: Generator) -> Any:
    for states in _notes.get():
        if generator not in states:
            states[generator] = generator.source.get_state()
    return generator.source


def _drawing(generator: Any, where: Any, name: str) -> Any:
    """The source of numbers for a device."""
    if generator is None:
        return _source(default_for(where))
    if not isinstance(generator, Generator):
        raise TypeError(f"{name}(): argument 'generator' must be plugrad.Generator, not {type_name(generator)}")
    if generator.device.type != where.type:
        raise RuntimeError(
            with_hint(
                f"Expected a '{where.type}' device type for generator but found '{generator.device.type}'",
                f"make it with plugrad.Generator('{where}').",
            )
        )
    return _source(generator)


def draw(
    method: str, where: Any, dtype: dtypes.dtype, generator: Any, name: str, *args: Any,
    through: dtypes.dtype | None = None, **options: Any,
) -> Any:  # fmt: skip
    """Random numbers as a raw array on a device.

    Args:
        method: A method of the host's generator; it is called with ``args``, the dtype's name, and
            ``options``.
        where: The device.
        dtype: Their dtype.
        generator: The generator; None for the device's default.
        name: The name of the function that the user called.
        args: What comes before the dtype.
        through: The dtype that they are drawn in where it is another one; the device need not have it.
        options: What comes after it, by name.
    """
    raw_dtype = dispatch.raw_dtype(dtype, where)
    if where.depth:
        # Function transforms decide what a draw in them is: vmap, whether batch elements share it.
        return where.backend.drawn(
            lambda *sizes: draw(method, where.parent, dtype, generator, name, *sizes, through=through, **options), args
        )
    source = _drawing(generator, where, name)
    home = data.host()
    # What the host lacks (bfloat16) is drawn as float32 and rounded.
    drawn = through or (dtype if dtype in home.dtypes else dtypes.float32)
    array = getattr(source, method)(*args, dtype_name=drawn.name, **options)
    if where.backend.is_array(array):
        return array if drawn is dtype else where.xp.astype(array, raw_dtype)
    if drawn is not dtype and dtype in home.dtypes:
        array = home.asarray(array, dtype, None)
    return data.to_device(array, dtype, where)


def draw_indices(weights: Any, count: int, replacement: bool, generator: Any) -> Any:
    """Indices with probabilities proportional to a Tensor's values: an int64 Tensor."""
    where = weights.device
    source = _drawing(generator, where, "multinomial")
    array = source.multinomial(readable(weights, generator, "multinomial"), count, replacement)
    if not where.backend.is_array(array):
        array = data.to_device(array, dtypes.int64, where)
    return dispatch.Tensor(array, where, dtypes.int64)


def readable(x: Any, generator: Any, name: str) -> Any:
    """A tensor's values as the generator that draws takes them: the host's array, or the backend's own."""
    _drawing(generator, x.device, name)
    chosen = default_for(x.device) if generator is None else generator
    return data.to_host(x) if chosen.on_host else x.raw


def draw_seed(where: Any) -> int | None:
    """A seed of 64 bits for a kernel that draws by itself; None where drawing one would wait for the device."""
    if not default_for(where).on_host:
        return None
    return int(_drawing(None, where, "seed").integers(0, 1 << 64, (1,), "uint64")[0])


def draw_mask(p: float, shape: tuple[int, ...], where: Any, generator: Any = None) -> Any:
    """A boolean Tensor that is True with probability ``p``: what dropout multiplies with."""
    mask = draw("bernoulli", where, dtypes.bool_, generator, "bernoulli", p, shape)
    return dispatch.Tensor(mask, where, dtypes.bool_)
