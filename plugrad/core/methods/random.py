"""Random numbers in the place of a tensor's values, and draws from the probabilities that a tensor holds."""

from __future__ import annotations

import struct
import warnings
from typing import Any, Final

from plugrad.core import dispatch, dtypes
from plugrad.core.arguments import LARGEST, as_int, as_number, limits, mistyped
from plugrad.core.errors import with_hint
from plugrad.core.generator import draw, draw_indices, readable
from plugrad.core.inplace import bump, check_writable, update
from plugrad.core.modes import mode
from plugrad.core.ops.randomness import REDRAWS
from plugrad.core.promote import common_device
from plugrad.core.value import Value

__all__ = ["bernoulli", "multinomial"]

# C++'s names of dtypes, in the texts of random_, and the digits of floats: integers up to 2**digits are
# exact.
_C_NAMES: Final = {
    "uint8": "unsigned char", "int8": "signed char", "int16": "short", "int32": "int", "int64": "long",
    "bool": "bool",
    "uint16": "unsigned short", "uint32": "unsigned int", "uint64": "unsigned long", "float16": "c10::Half",
    "bfloat16": "c10::BFloat16", "float32": "float", "float64": "double",
}  # fmt: skip
_DIGITS: Final = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}


def replaced(x: Any, raw: Any, node: str) -> Any:
    """Put what was drawn into ``x``, which was checked, and let its gradient be zero from here on."""
    if x.tracked and mode() > 0:
        return update(REDRAWS[node].op, x, (dispatch.Tensor(raw, x.device, x.dtype),), {})
    x.raw = x.device.backend.write(x.raw, raw)
    bump(x)
    return x


def drawn(x: Any, raw: Any, node: str) -> Any:
    """A new tensor of what was drawn with ``x`` as parameter: its gradient, where wanted, is zero."""
    out = dispatch.Tensor(raw, x.device, x.device.backend.dtype_of(raw))
    return REDRAWS[node](x, out) if x.tracked and mode() > 0 else out


def check_floating(kernel: str, dtype: dtypes.dtype) -> None:
    """Refuse dtypes that hold no real numbers, in the words of PyTorch's kernel."""
    if not dtype.is_inexact:
        raise NotImplementedError(
            with_hint(f"\"{kernel}\" not implemented for '{dtype.legacy_name}'", "use a floating dtype.")
        )


def _out_of_bounds(what: str, dtype: dtypes.dtype) -> RuntimeError:
    return RuntimeError(
        with_hint(f"{what} is out of bounds for {_C_NAMES[dtype.name]}", f"{dtype} does not hold such numbers.")
    )


def _check_order(low: int, high: int) -> None:
    if low >= high:
        raise RuntimeError(
            with_hint(
                f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}",
                "the upper bound is exclusive.",
            )
        )


def _rounded(n: int, dtype: dtypes.dtype) -> int:
    """An integer as a floating dtype holds it."""
    code = {"float16": "e", "float32": "f", "float64": "d"}.get(dtype.name, "f")
    try:
        return int(struct.unpack(code, struct.pack(code, n))[0])
    except (OverflowError, struct.error):
        return n


def checked_integers(low: int, high: int, dtype: dtypes.dtype) -> tuple[int, int]:
    """The bounds of integers in [low, high) for a dtype, moved inwards where it would round them outwards.

    Raises:
        RuntimeError: if there are no such integers, or the dtype can't hold them.
    """
    _check_order(low, high)
    digits = _DIGITS.get(dtype.name, 0)
    if digits:
        # ATen's update_from and update_to: one step of the float grid at the bound.
        if (first := _rounded(low + 1, dtype)) < low:
            low = first + (1 << (abs(low + 1).bit_length() - digits))
        if (last := _rounded(high - 1, dtype)) >= high:
            high = last - (1 << (abs(high - 1).bit_length() - digits))
        _check_order(low, high)
    if dtype.is_floating_point:
        smallest, largest = -LARGEST[dtype.name], LARGEST[dtype.name]
    else:
        smallest, largest = (0, 1) if dtype is dtypes.bool_ else limits(dtype)
    for what, n in (("from", low), ("to - 1", high - 1)):
        if not smallest <= n <= largest:
            raise _out_of_bounds(what, dtype)
        if digits and abs(n) > 1 << digits:
            warnings.warn(
                f"{what} is out of bounds [-(2^{digits}), 2^{digits}]. Due to precision limitations "
                f"{_C_NAMES[dtype.name]} can support discrete uniform distribution only within this range. "
                "This "
                "warning will become an error in version 1.7 release, please fix the code in advance",
                UserWarning,
                stacklevel=3,
            )
    return low, high


def check_uniform(low: float, high: float, dtype: dtypes.dtype) -> None:
    """The checks of a uniform distribution on [low, high) for a dtype."""
    check_floating("check_uniform_bounds", dtype)
    largest = LARGEST[dtype.to_real().name]
    for what, bound in (("from", low), ("to", high)):
        if not abs(bound) <= largest:
            raise _out_of_bounds(what, dtype.to_real())
    if low > high:
        raise RuntimeError(
            with_hint(
                f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}",
                "the lower bound comes first.",
            )
        )
    if high - low > largest:
        raise RuntimeError(
            with_hint(
                f"uniform_ expects to-from <= std::numeric_limits<{dtype.legacy_name}>::max(), but found "
                f"to={high:g} "
                f"and from={low:g} which result in to-from to exceed the limit",
                "choose bounds that are nearer to each other.",
            )
        )


def check_deviation(std: float) -> None:
    """A standard deviation is not negative."""
    if not std >= 0:
        raise RuntimeError(
            with_hint(f"normal expects std >= 0.0, but found std {std:g}", "pass a number of 0 or more.")
        )


def _check_probability(p: float) -> None:
    if not 0 <= p <= 1:
        raise RuntimeError(
            with_hint(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}", "p is the probability of a one.")
        )


def _check_expands(p: Any, shape: tuple[int, ...]) -> None:
    """A tensor of probabilities must broadcast to the shape that is filled."""
    own = tuple(p.raw.shape)
    extra = len(shape) - len(own)
    if extra < 0:
        raise RuntimeError(
            f"expand(plugrad.{p.dtype.legacy_name}Tensor{{{list(own)}}}, size={list(shape)}): the number of "
            "sizes "
            f"provided ({len(shape)}) must be greater or equal to the number of dimensions in the tensor "
            f"({len(own)})"
        )
    for i in reversed(range(len(own))):
        if own[i] not in (1, shape[extra + i]):
            raise RuntimeError(
                f"The expanded size of the tensor ({shape[extra + i]}) must match the existing size "
                f"({own[i]}) at "
                f"non-singleton dimension {extra + i}.  Target sizes: {list(shape)}.  Tensor sizes: "
                f"{list(own)}"
            )


def bernoulli(input: Any, p: float | None = None, *, generator: Any = None) -> Any:
    """Draw zeros and ones: a one with the probability that the element of ``input`` is.

    Args:
        input: Probabilities.
        p: A probability for all elements; ``input`` then only says shape and dtype.
        generator: Where the random numbers come from; the device's default generator by default.

    Returns:
        A tensor of the same shape, dtype and device.

    Shape:
        That of ``input``.

    Raises:
        RuntimeError: if a probability is not in [0, 1].
        NotImplementedError: for probabilities of an integer dtype.

    Example::

        >>> import plugrad
        >>> plugrad.bernoulli(plugrad.tensor([0.0, 1.0, 1.0]))
        tensor([0., 1., 1.])
    """
    if not isinstance(input, Value):
        raise mistyped("bernoulli", "input", 1, "Tensor", input)
    where, shape = input.device, tuple(input.raw.shape)
    if p is not None:
        chance = float(as_number("bernoulli", "p", 2, p))
        _check_probability(chance)
        raw = draw("bernoulli", where, input.dtype, generator, "bernoulli", chance, shape)
        return drawn(input, raw, "BernoulliBackward1")
    check_floating("bernoulli_tensor_cpu_p_", input.dtype)
    raw = draw(
        "bernoulli",
        where,
        input.dtype,
        generator,
        "bernoulli",
        readable(input, generator, "bernoulli"),
        shape,
    )
    return drawn(input, raw, "BernoulliBackward0")


def multinomial(input: Any, num_samples: int, replacement: bool = False, *, generator: Any = None) -> Any:
    """Draw indices with probabilities proportional to weights.

    Args:
        input: Weights: non-negative and finite, at least one of each row positive. They need not sum to 1.
        num_samples: How many indices per row.
        replacement: Whether an index may be drawn again.
        generator: Where the random numbers come from; the device's default generator by default.

    Returns:
        Indices, int64.

    Shape:
        ``input`` (categories,) or (rows, categories); the result (num_samples,) or (rows, num_samples).

    Raises:
        RuntimeError: if the weights are none, or fewer than the samples without replacement.

    Example::

        >>> import plugrad
        >>> plugrad.multinomial(plugrad.tensor([0.0, 1.0]), 2, replacement=True)
        tensor([1, 1])
    """
    if not isinstance(input, Value):
        raise mistyped("multinomial", "input", 1, "Tensor", input)
    count = as_int("multinomial", "num_samples", 2, num_samples)
    if not input.dtype.is_floating_point:
        raise RuntimeError(
            with_hint(
                f"multinomial only supports floating-point dtypes for input, got: {input.dtype.legacy_name}",
                "convert the weights: weights.float().",
            )
        )
    return draw_indices(input, count, bool(replacement), generator)


class RandomMethods:
    """The methods of this chapter. All of those that end in an underscore change the tensor and return it."""

    __slots__ = ()

    bernoulli = bernoulli
    multinomial = multinomial

    def uniform_(self, from_: float = 0.0, to: float = 1.0, *, generator: Any = None) -> Any:
        """Put numbers equally likely in [from, to) into this tensor.

        Args:
            from_: The smallest possible number.
            to: The bound above.
            generator: Where the random numbers come from; the device's default generator by default.

        Returns:
            This tensor.

        Raises:
            RuntimeError: if ``from_`` is greater than ``to``, or the tensor can't be changed in place.

        Example::

            >>> import plugrad
            >>> x = plugrad.empty(3).uniform_(2, 4)
            >>> bool((x >= 2).all())
            True
        """
        x: Any = self
        low, high = float(as_number("uniform_", "from", 1, from_)), float(as_number("uniform_", "to", 2, to))
        check_writable(x)
        check_uniform(low, high, x.dtype)
        shape = tuple(x.raw.shape)
        raw = draw("uniform", x.device, x.dtype, generator, "uniform_", shape, low=low, high=high)
        return replaced(x, raw, "UniformBackward0")

    def normal_(self, mean: float = 0.0, std: float = 1.0, *, generator: Any = None) -> Any:
        """Put normally distributed numbers into this tensor.

        Args:
            mean: Their mean.
            std: Their standard deviation.
            generator: Where the random numbers come from; the device's default generator by default.

        Returns:
            This tensor.

        Raises:
            RuntimeError: if ``std`` is negative, or the tensor can't be changed in place.

        Example::

            >>> import plugrad
            >>> plugrad.empty(2).normal_(5.0, 0.0)
            tensor([5., 5.])
        """
        x: Any = self
        centre, width = (
            float(as_number("normal_", "mean", 1, mean)),
            float(as_number("normal_", "std", 2, std)),
        )
        check_writable(x)
        check_deviation(width)
        check_floating("normal_kernel_cpu", x.dtype)
        shape = tuple(x.raw.shape)
        raw = draw("normal", x.device, x.dtype, generator, "normal_", shape, mean=centre, std=width)
        return replaced(x, raw, "NormalBackward0")

    def bernoulli_(self, p: Any = 0.5, *, generator: Any = None) -> Any:
        """Put zeros and ones into this tensor, ones with probability ``p``.

        Args:
            p: A probability, or a tensor of them that broadcasts to this one.
            generator: Where the random numbers come from; the device's default generator by default.

        Returns:
            This tensor.

        Raises:
            RuntimeError: if a probability is not in [0, 1], or the tensor can't be changed in place.

        Example::

            >>> import plugrad
            >>> plugrad.empty(3).bernoulli_(1.0)
            tensor([1., 1., 1.])
        """
        x: Any = self
        check_writable(x)
        shape = tuple(x.raw.shape)
        chance: Any
        if isinstance(p, Value):
            common_device("bernoulli_", (x, p))
            check_floating("bernoulli_tensor_cpu_p_", p.dtype)
            _check_expands(p, shape)
            chance, node = readable(p, generator, "bernoulli_"), "BernoulliBackward1"
        else:
            chance, node = float(as_number("bernoulli_", "p", 1, p)), "BernoulliBackward2"
            _check_probability(chance)
        return replaced(x, draw("bernoulli", x.device, x.dtype, generator, "bernoulli_", chance, shape), node)

    def random_(self, *args: Any, generator: Any = None) -> Any:
        """Put random integers into this tensor: ``random_()``, ``random_(to)`` or ``random_(from, to)``.

        Args:
            args: ``to``, the bound above, which is never reached; or ``from``, the smallest, and ``to``,
                where None is the largest that the dtype holds. Without them: all that the dtype holds from 0
                on, of floating dtypes as far as every integer is exact.
            generator: Where the random numbers come from; the device's default generator by default.

        Returns:
            This tensor.

        Raises:
            RuntimeError: if there are no such integers, the dtype can't hold them, or the tensor can't be
                changed in place.

        Example::

            >>> import plugrad
            >>> plugrad.zeros(3).random_(5, 6)
            tensor([5., 5., 5.])
        """
        x: Any = self
        check_writable(x)
        dtype = x.dtype
        shape = tuple(x.raw.shape)
        wide = None
        if not args:
            # As wide as the dtype; the words' width is then the dtype's too.
            low, high, node = 0, _all_of(dtype) + 1, "RandomBackward2"
            wide = dtype in (dtypes.int64, dtypes.float64, dtypes.uint64)
        elif len(args) == 1:
            low, high, node = 0, as_int("random_", "to", 1, args[0]), "RandomBackward1"
        elif len(args) == 2:
            low, node = as_int("random_", "from", 1, args[0]), "RandomBackward0"
            high = _all_of(dtype) + 1 if args[1] is None else as_int("random_", "to", 2, args[1])
        else:
            raise TypeError(f"random_() takes from 0 to 2 positional arguments but {len(args)} were given")
        if args:
            low, high = checked_integers(low, high, dtype)
        raw = draw("integers", x.device, dtype, generator, "random_", low, high, shape, wide=wide)
        return replaced(x, raw, node)


def _all_of(dtype: dtypes.dtype) -> int:
    if dtype.is_floating_point:
        return 1 << _DIGITS[dtype.name]
    return 1 if dtype is dtypes.bool_ else limits(dtype)[1]
