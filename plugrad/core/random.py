"""Random tensors, and the generators that they come from.

The numbers are PyTorch's for the same seed and the same calls. A tensor that is filled in place gets them in
the order of its indices; PyTorch fills a transposed one in the order of its memory.
"""

from __future__ import annotations

from typing import Any

from plugrad.core import data, dispatch, dtypes, ops
from plugrad.core.arguments import (
    as_dtype,
    as_int,
    as_number,
    check_requires_grad,
    converted,
    mistyped,
    shape_of,
    sizes,
)
from plugrad.core.default_device import place
from plugrad.core.errors import with_hint
from plugrad.core.generator import (
    Generator,
    default_generator,
    draw,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)
from plugrad.core.generator import draw_mask as draw_mask
from plugrad.core.generator import fork_rng as fork_rng
from plugrad.core.methods.random import (
    bernoulli,
    check_deviation,
    check_floating,
    check_uniform,
    checked_integers,
    multinomial,
)
from plugrad.core.modes import mode
from plugrad.core.ops.randomness import REDRAWS
from plugrad.core.promote import common_device
from plugrad.core.tensor import Tensor

__all__ = [
    "Generator", "bernoulli", "default_generator", "get_rng_state", "initial_seed", "manual_seed",
    "multinomial",
    "normal", "rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "randperm", "seed",
    "set_rng_state",
]  # fmt: skip


def _new(
    method: str,
    name: str,
    shape: Any,
    dtype: Any,
    device: Any,
    generator: Any,
    requires_grad: bool,
    **options: Any,
) -> Tensor:
    where = place(device)
    check_requires_grad(name, requires_grad, dtype)
    out = Tensor(draw(method, where, dtype, generator, name, shape, **options), where, dtype)
    out.tracked = requires_grad
    return out


def rand(
    *args: Any,
    size: Any = None,
    generator: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of random numbers that are equally likely in [0, 1).

    Args:
        args: The sizes, one by one or as one sequence.
        size: The sizes as a sequence, by keyword.
        generator: Where the numbers come from; the device's default generator by default.
        dtype: The dtype; the default floating dtype by default.
        device: Where the tensor lives; the default device by default.
        requires_grad: Whether gradients are wanted of it.

    Returns:
        A leaf.

    Shape:
        ``size``.

    Raises:
        RuntimeError: for negative sizes.
        NotImplementedError: for integer dtypes.

    Example::

        >>> import plugrad
        >>> generator = plugrad.manual_seed(0)
        >>> plugrad.rand(2, 2)
        tensor([[0.4963, 0.7682],
                [0.0885, 0.1320]])
    """
    shape = sizes("rand", args if size is None else (size,))
    dtype = as_dtype("rand", dtype) or dtypes.get_default_dtype()
    check_uniform(0.0, 1.0, dtype)
    return _new("uniform", "rand", shape, dtype, device, generator, requires_grad)


def randn(
    *args: Any,
    size: Any = None,
    generator: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of normally distributed random numbers of mean 0 and variance 1.

    Args:
        args: The sizes, one by one or as one sequence.
        size: The sizes as a sequence, by keyword.
        generator: Where the numbers come from; the device's default generator by default.
        dtype: The dtype; the default floating dtype by default.
        device: Where the tensor lives; the default device by default.
        requires_grad: Whether gradients are wanted of it.

    Returns:
        A leaf.

    Shape:
        ``size``.

    Raises:
        RuntimeError: for negative sizes.
        NotImplementedError: for integer dtypes.

    Example::

        >>> import plugrad
        >>> generator = plugrad.manual_seed(0)
        >>> plugrad.randn(2)
        tensor([ 1.5410, -0.2934])
    """
    shape = sizes("randn", args if size is None else (size,))
    dtype = as_dtype("randn", dtype) or dtypes.get_default_dtype()
    check_floating("normal_kernel_cpu", dtype)
    return _new("normal", "randn", shape, dtype, device, generator, requires_grad)


def _followed(name: str, input: Any, dtype: Any, device: Any) -> tuple[Any, Any]:
    """The dtype and device of a tensor made after another."""
    if not isinstance(input, Tensor):
        raise mistyped(name, "input", 1, "Tensor", input)
    return as_dtype(name, dtype) or input.dtype, input.device if device is None else device


def rand_like(
    input: Tensor,
    *,
    generator: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor as ``rand`` does, with the shape, dtype and device of another.

    Args:
        input: The tensor to follow.
        generator: Where the numbers come from; the device's default generator by default.
        dtype: Another dtype.
        device: Another device.
        requires_grad: Whether gradients are wanted of it.

    Returns:
        A leaf.

    Shape:
        That of ``input``.

    Raises:
        TypeError: if ``input`` is no tensor.
        NotImplementedError: for integer dtypes.

    Example::

        >>> import plugrad
        >>> plugrad.rand_like(plugrad.ones(2, 3)).shape
        plugrad.Size([2, 3])
    """
    dtype, device = _followed("rand_like", input, dtype, device)
    return rand(input.shape, generator=generator, dtype=dtype, device=device, requires_grad=requires_grad)


def randn_like(
    input: Tensor,
    *,
    generator: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor as ``randn`` does, with the shape, dtype and device of another.

    Args:
        input: The tensor to follow.
        generator: Where the numbers come from; the device's default generator by default.
        dtype: Another dtype.
        device: Another device.
        requires_grad: Whether gradients are wanted of it.

    Returns:
        A leaf.

    Shape:
        That of ``input``.

    Raises:
        TypeError: if ``input`` is no tensor.
        NotImplementedError: for integer dtypes.

    Example::

        >>> import plugrad
        >>> plugrad.randn_like(plugrad.ones(2, 3)).shape
        plugrad.Size([2, 3])
    """
    dtype, device = _followed("randn_like", input, dtype, device)
    return randn(input.shape, generator=generator, dtype=dtype, device=device, requires_grad=requires_grad)


def randint(
    *args: Any,
    low: Any = None,
    high: Any = None,
    size: Any = None,
    generator: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of random integers: ``randint(high, size)`` or ``randint(low, high, size)``.

    Args:
        args: ``low``, ``high`` and ``size`` by position.
        low: The smallest possible integer; 0 by default.
        high: The bound above, which is never reached.
        size: The sizes, a sequence.
        generator: Where the numbers come from; the device's default generator by default.
        dtype: The dtype; int64 by default.
        device: Where the tensor lives; the default device by default.
        requires_grad: Whether gradients are wanted of it, for a floating dtype.

    Returns:
        A leaf.

    Shape:
        ``size``.

    Raises:
        RuntimeError: if ``low`` is not less than ``high``, or the dtype can't hold the integers.
        TypeError: for other arguments.

    Example::

        >>> import plugrad
        >>> plugrad.randint(3, 4, (2,))
        tensor([3, 3])
    """
    given = list(args)
    if size is None and given and not isinstance(given[-1], int):
        size = given.pop()
    if size is None and len(given) in (2, 3):
        raise mistyped("randint", "size", len(given), "tuple of ints", given[-1])
    if high is None and given:
        high = given.pop()
    if low is None and given:
        low = given.pop()
    if given or high is None or size is None:
        raise TypeError(
            "randint() received an invalid combination of arguments, but expected one of:\n"
            " * (int high, tuple of ints size, *, plugrad.Generator generator, plugrad.dtype dtype = None, "
            "plugrad.device device = None, bool requires_grad = False)\n"
            " * (int low, int high, tuple of ints size, *, plugrad.Generator generator, plugrad.dtype dtype "
            "= None, "
            "plugrad.device device = None, bool requires_grad = False)\n"
        )
    first = 0 if low is None else as_int("randint", "low", 1, low)
    last = as_int("randint", "high", 1 if low is None else 2, high)
    shape = shape_of("randint", size, 2 if low is None else 3)
    dtype = as_dtype("randint", dtype) or dtypes.int64
    check_requires_grad("randint", requires_grad, dtype)
    first, last = checked_integers(first, last, dtype)
    where = place(device)
    out = Tensor(draw("integers", where, dtype, generator, "randint", first, last, shape), where, dtype)
    out.tracked = requires_grad
    return out


def randint_like(
    input: Tensor,
    *args: Any,
    low: Any = None,
    high: Any = None,
    dtype: Any = None,
    device: Any = None,
    generator: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor as ``randint`` does, with the shape, dtype and device of another.

    Args:
        input: The tensor to follow.
        args: ``high``, or ``low`` and ``high``, by position.
        low: The smallest possible integer; 0 by default.
        high: The bound above, which is never reached.
        dtype: Another dtype.
        device: Another device.
        generator: Where the numbers come from; the device's default generator by default.
        requires_grad: Whether gradients are wanted of it, for a floating dtype.

    Returns:
        A leaf.

    Shape:
        That of ``input``.

    Raises:
        RuntimeError: if ``low`` is not less than ``high``, or the dtype can't hold the integers.
        TypeError: if ``input`` is no tensor.

    Example::

        >>> import plugrad
        >>> plugrad.randint_like(plugrad.ones(2), 3, 4)
        tensor([3., 3.])
    """
    dtype, device = _followed("randint_like", input, dtype, device)
    return randint(
        *args, low=low, high=high, size=input.shape, generator=generator, dtype=dtype, device=device,
        requires_grad=requires_grad,
    )  # fmt: skip


def randperm(
    n: int,
    *,
    generator: Any = None,
    dtype: Any = dtypes.int64,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Make a tensor of the integers below ``n`` in random order.

    Args:
        n: How many.
        generator: Where the numbers come from; the device's default generator by default.
        dtype: The dtype.
        device: Where the tensor lives; the default device by default.
        requires_grad: Whether gradients are wanted of it, for a floating dtype.

    Returns:
        A leaf.

    Shape:
        (n,).

    Raises:
        RuntimeError: if ``n`` is negative or too large for the dtype.

    Example::

        >>> import plugrad
        >>> sorted(plugrad.randperm(4).tolist())
        [0, 1, 2, 3]
    """
    count = as_int("randperm", "n", 1, n)
    sizes("randperm", (count,))
    dtype = as_dtype("randperm", dtype) or dtypes.int64
    converted(count, dtype)
    return _new("permutation", "randperm", count, dtype, device, generator, requires_grad)


def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Draw normally distributed random numbers of given means and standard deviations.

    Args:
        mean: A number, or a tensor of means.
        std: A number, or a tensor of standard deviations.
        size: The sizes, where both are numbers.
        generator: Where the numbers come from; the device's default generator by default.
        dtype: The dtype, where both are numbers; the default floating dtype by default.
        device: Where the tensor lives, where both are numbers; the default device by default.
        requires_grad: Whether gradients are wanted of it.

    Returns:
        A tensor. Its gradient with respect to ``mean`` and ``std`` is zero.

    Shape:
        ``size``, or that to which ``mean`` and ``std`` broadcast.

    Raises:
        RuntimeError: if a standard deviation is negative.
        TypeError: if ``size`` is missing.

    Example::

        >>> import plugrad
        >>> plugrad.normal(plugrad.tensor([1.0, 2.0]), 0.0)
        tensor([1., 2.])
    """
    if isinstance(mean, Tensor) or isinstance(std, Tensor):
        return _normal_around(mean, std, generator)
    centre, width = float(as_number("normal", "mean", 1, mean)), float(as_number("normal", "std", 2, std))
    if size is None:
        raise TypeError(
            with_hint(
                'normal() missing 1 required positional arguments: "size"',
                "plugrad.normal(0.0, 1.0, (2, 3)).",
            )
        )
    shape = shape_of("normal", size, 3)
    dtype = as_dtype("normal", dtype) or dtypes.get_default_dtype()
    check_deviation(width)
    check_floating("normal_kernel_cpu", dtype)
    return _new("normal", "normal", shape, dtype, device, generator, requires_grad, mean=centre, std=width)


def _normal_around(mean: Any, std: Any, generator: Any) -> Tensor:
    tensors = [x for x in (mean, std) if isinstance(x, Tensor)]
    leading = tensors[0]
    where = common_device("normal", tensors)
    shape = dispatch.broadcast_shapes(*[tuple(x.raw.shape) for x in tensors])
    check_floating("normal_kernel_cpu", leading.dtype)
    deviation = 1.0
    if isinstance(std, Tensor):
        if 0 not in std.raw.shape and bool((data.to_host(std) < 0).any()):
            raise RuntimeError(with_hint("normal expects all elements of std >= 0.0", "one of them is negative."))
    else:
        deviation = float(as_number("normal", "std", 2, std))
        check_deviation(deviation)
    drawn = draw("normal", where, leading.dtype, generator, "normal", shape, mean=0.0, std=deviation)
    result: Any = Tensor(drawn, where, leading.dtype)
    if isinstance(std, Tensor):
        result = ops.multiply(result, ops.astype(std.detach(), dtype=leading.dtype))
    if isinstance(mean, Tensor):
        result = ops.add(result, ops.astype(mean.detach(), dtype=leading.dtype))
    else:
        result = ops.add(result, float(as_number("normal", "mean", 1, mean)))
    node = "NormalBackward1" if isinstance(mean, Tensor) else "NormalBackward2"
    if mode() > 0 and any([x.tracked for x in tensors]):
        # A gradient of zero for each: through their sum where both are tensors.
        source = leading if len(tensors) == 1 else ops.add(*tensors)
        result = REDRAWS[node](ops.broadcast_to(source, shape=shape), result)
    found: Tensor = result
    return found
