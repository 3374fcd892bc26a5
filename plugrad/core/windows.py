"""Windows: the weights under which a part of a signal is looked at."""

from __future__ import annotations

from math import pi
from typing import Any

from plugrad.core import dtypes, ops
from plugrad.core.arguments import as_dtype, as_int, as_number, check_requires_grad
from plugrad.core.errors import with_hint
from plugrad.core.filled import empty, ones
from plugrad.core.modes import no_grad
from plugrad.core.ranges import arange
from plugrad.core.tensor import Tensor

__all__ = ["bartlett_window", "blackman_window", "hamming_window", "hann_window", "kaiser_window"]


def _window(
    name: str, shape: Any, window_length: Any, periodic: bool, dtype: Any, device: Any, requires_grad: bool
) -> Tensor:
    """``shape`` of the places 0 ... N - 1 and the last of them; a periodic window is the start of a longer one."""
    n = as_int(name, "window_length", 1, window_length)
    kind = as_dtype(name, dtype) or dtypes.get_default_dtype()
    if n < 0:
        raise RuntimeError(
            with_hint(f"{name} requires non-negative window_length, got window_length={n}", "0 makes an empty window.")
        )
    if not kind.is_inexact:
        raise RuntimeError(
            with_hint(f"{name} expects floating point dtypes, got: {kind.legacy_name}", "weights are fractions.")
        )
    if kind.is_complex:
        raise NotImplementedError(
            with_hint(f"\"arange_cpu\" not implemented for '{kind.legacy_name}'", "make it real, and cast.")
        )
    check_requires_grad(name, requires_grad, kind)
    if n == 0:
        return empty(0, dtype=kind, device=device, requires_grad=requires_grad)
    if n == 1:
        return ones(1, dtype=kind, device=device, requires_grad=requires_grad)
    count = n + 1 if periodic else n
    # In half precision the places themselves would be rounded.
    wide = kind if kind in (dtypes.float32, dtypes.float64) else dtypes.float32
    with no_grad():
        weights = shape(arange(count, dtype=wide, device=device), count - 1)
        out: Tensor = ops.astype(ops.asarray(weights[:n], copy=True), dtype=kind)
    out.tracked = requires_grad
    return out


def bartlett_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    r"""Make Bartlett's window.

    .. math:: w_n = 1 - \left| \frac{2n}{N - 1} - 1 \right|

    Args:
        window_length: The number of weights.
        periodic: Whether the window is one period, for ``stft``; otherwise it is symmetric. A periodic window is a
            symmetric one of one weight more, without its last.
        dtype: The dtype; the default floating dtype by default.
        device: Where it lives; the default device by default.
        requires_grad: Whether gradients are wanted of it.

    Returns:
        A leaf.

    Shape:
        (window_length,).

    Raises:
        RuntimeError: for negative lengths and integer dtypes.

    Example::

        >>> import plugrad
        >>> plugrad.bartlett_window(4)
        tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """

    def shape(n: Any, last: int) -> Any:
        return 1 - ops.abs((2 / last) * n - 1)

    return _window("bartlett_window", shape, window_length, periodic, dtype, device, requires_grad)


def blackman_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    r"""Make Blackman's window.

    .. math:: w_n = 0.42 - 0.5 \cos \frac{2 \pi n}{N - 1} + 0.08 \cos \frac{4 \pi n}{N - 1}

    Args:
        window_length: The number of weights.
        periodic: Whether the window is one period, for ``stft``; otherwise it is symmetric. A periodic window is a
            symmetric one of one weight more, without its last.
        dtype: The dtype; the default floating dtype by default.
        device: Where it lives; the default device by default.
        requires_grad: Whether gradients are wanted of it.

    Returns:
        A leaf.

    Shape:
        (window_length,).

    Raises:
        RuntimeError: for negative lengths and integer dtypes.

    Example::

        >>> import plugrad
        >>> plugrad.blackman_window(4)[1:]
        tensor([0.3400, 1.0000, 0.3400])
    """

    def shape(n: Any, last: int) -> Any:
        angle = (2 * pi / last) * n
        return 0.08 * ops.cos(2 * angle) - 0.5 * ops.cos(angle) + 0.42

    return _window("blackman_window", shape, window_length, periodic, dtype, device, requires_grad)


def hamming_window(
    window_length: int,
    periodic: bool = True,
    alpha: float = 0.54,
    beta: float = 0.46,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    r"""Make Hamming's window.

    .. math:: w_n = \alpha - \beta \cos \frac{2 \pi n}{N - 1}

    Args:
        window_length: The number of weights.
        periodic: Whether the window is one period, for ``stft``; otherwise it is symmetric. A periodic window is a
            symmetric one of one weight more, without its last.
        alpha: The mean.
        beta: The amplitude.
        dtype: The dtype; the default floating dtype by default.
        device: Where it lives; the default device by default.
        requires_grad: Whether gradients are wanted of it.

    Returns:
        A leaf.

    Shape:
        (window_length,).

    Raises:
        RuntimeError: for negative lengths and integer dtypes.

    Example::

        >>> import plugrad
        >>> plugrad.hamming_window(4)
        tensor([0.0800, 0.5400, 1.0000, 0.5400])
    """
    a = float(as_number("hamming_window", "alpha", 3, alpha))
    b = float(as_number("hamming_window", "beta", 4, beta))

    def shape(n: Any, last: int) -> Any:
        return a - b * ops.cos((2 * pi / last) * n)

    return _window("hamming_window", shape, window_length, periodic, dtype, device, requires_grad)


def hann_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    r"""Make Hann's window.

    .. math:: w_n = \sin^2 \frac{\pi n}{N - 1}

    Args:
        window_length: The number of weights.
        periodic: Whether the window is one period, for ``stft``; otherwise it is symmetric. A periodic window is a
            symmetric one of one weight more, without its last.
        dtype: The dtype; the default floating dtype by default.
        device: Where it lives; the default device by default.
        requires_grad: Whether gradients are wanted of it.

    Returns:
        A leaf.

    Shape:
        (window_length,).

    Raises:
        RuntimeError: for negative lengths and integer dtypes.

    Example::

        >>> import plugrad
        >>> plugrad.hann_window(4)
        tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """

    def shape(n: Any, last: int) -> Any:
        return 0.5 - 0.5 * ops.cos((2 * pi / last) * n)

    return _window("hann_window", shape, window_length, periodic, dtype, device, requires_grad)


def kaiser_window(
    window_length: int,
    periodic: bool = True,
    beta: float = 12.0,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    r"""Make Kaiser's window.

    .. math:: w_n = I_0\left(\beta \sqrt{1 - \left(\frac{2n}{N - 1} - 1\right)^2}\right) / I_0(\beta)

    Args:
        window_length: The number of weights.
        periodic: Whether the window is one period, for ``stft``; otherwise it is symmetric. A periodic window is a
            symmetric one of one weight more, without its last.
        beta: The larger, the narrower.
        dtype: The dtype; the default floating dtype by default.
        device: Where it lives; the default device by default.
        requires_grad: Whether gradients are wanted of it.

    Returns:
        A leaf.

    Shape:
        (window_length,).

    Raises:
        RuntimeError: for negative lengths and integer dtypes.

    Example::

        >>> import plugrad
        >>> plugrad.kaiser_window(4)
        tensor([5.2773e-05, 2.1567e-01, 1.0000e+00, 2.1567e-01])
    """
    b = float(as_number("kaiser_window", "beta", 3, beta))

    def shape(n: Any, last: int) -> Any:
        place = (2 / last) * n - 1
        # Rounding may leave a place just outside.
        root = ops.sqrt(ops.clip(1 - place * place, 0.0, 1.0))
        return ops.i0(b * root) / ops.i0(ops.full_like(n[:1], b))

    return _window("kaiser_window", shape, window_length, periodic, dtype, device, requires_grad)
