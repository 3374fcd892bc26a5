"""The functional face of pooling windows that are placed at random; `plugrad.nn.functional` is where users find it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from plugrad.core import creation, random
from plugrad.core.errors import with_hint
from plugrad.core.modes import no_grad
from plugrad.nn.functional.checks import require_tensors

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

_Sizes = int | Sequence[int]
_NAMES = ("time", "height", "width")


def _repeated(function: str, name: str, value: Any, count: int) -> tuple[int, ...]:
    given = tuple(value) if isinstance(value, Sequence) else (value,)
    if len(given) not in (1, count):
        raise RuntimeError(
            with_hint(f"{function}: {name} must either be a single Int or tuple of Ints", f"there are {count} axes.")
        )
    return given if len(given) == count else given * count


def _check(function: str, input: Tensor, size: tuple[int, ...], shape: tuple[int, ...]) -> None:
    """Refuse windows that do not fit."""
    count = len(size)
    for i, n in enumerate(input.shape):
        if n == 0 and (i > 0 or input.ndim == count + 1):
            raise RuntimeError(
                f"{function}(): Expected input to have non-zero size for non-batch dimensions, but got"
                f"{list(input.shape)} with dimension {i} being empty."
            )
    suffix = "_out" if count == 3 else ""
    for name, n, k, m in zip(_NAMES[-count:], input.shape[-count:], size, shape, strict=True):
        if m + k - 1 > n:
            raise RuntimeError(f"{function}{suffix}(): pool {name} {k} too large relative to input {name} {n}")


def _starts(sample: Tensor, n: int, size: int, count: int) -> Tensor:
    """Where windows begin along an axis: (N, C, windows)."""
    last = creation.full((*sample.shape, 1), n - size, dtype=sample.dtype, device=sample.device)
    if count == 1:
        only: Tensor = last.long()
        return only
    step = (n - size) / (count - 1)
    u = sample.unsqueeze(-1)
    numbers = creation.arange(count - 1, dtype=sample.dtype, device=sample.device)
    first = ((numbers + u) * step).floor() - (u * step).floor()
    starts = creation.zeros((*sample.shape, count), dtype=sample.dtype, device=sample.device)
    starts[..., : count - 1] = first
    starts[..., count - 1 :] = last
    whole: Tensor = starts.long()
    return whole


def _pooled(
    count: int, input: Tensor, kernel_size: Any, output_size: Any, output_ratio: Any, samples: Tensor | None
) -> tuple[Tensor, Tensor]:
    """The largest elements, and their places."""
    function = f"fractional_max_pool{count}d"
    require_tensors(function, input=input)
    if output_size is None:
        if output_ratio is None:
            raise ValueError(f"{function} requires specifying either an output_size or an output_ratio")
        if isinstance(output_ratio, Sequence) and len(output_ratio) > count:
            raise ValueError(f"{function} requires output_ratio to either be a single Int or tuple of Ints.")
        ratios = _repeated(function, "output_ratio", output_ratio, count)
        output_size = [int(n * r) for n, r in zip(input.shape[-count:], ratios, strict=True)]
    if samples is None:
        lead = (1 if input.ndim == count + 1 else input.size(0), input.size(-count - 1))
        samples = random.rand(*lead, count, dtype=input.dtype, device=input.device)
    size = _repeated(function, "kernel_size", kernel_size, count)
    shape = _repeated(function, "output_size", output_size, count)
    _check(function, input, size, shape)
    x = input if input.ndim == count + 2 else input.unsqueeze(0)
    if samples.shape[1] != x.shape[1]:
        raise RuntimeError("Expect _random_samples.size(1) equals to input channel size.")
    index = _windows(x, samples, size, shape)
    n, channels = index.shape[:2]
    values = x.reshape(n, channels, -1).gather(2, index.reshape(n, channels, -1)).reshape(index.shape)
    best, which = values.max(2)
    found = index.gather(2, which.unsqueeze(2)).squeeze(2)
    best, found = best.reshape(n, channels, *shape), found.reshape(n, channels, *shape)
    return (best, found) if x is input else (best.squeeze(0), found.squeeze(0))


def _windows(x: Tensor, samples: Tensor, size: tuple[int, ...], shape: tuple[int, ...]) -> Tensor:
    """The flat index of each place of each window: (N, C, places in a window, windows)."""
    count = len(size)
    # Of images PyTorch takes the samples of width first.
    order = (1, 0) if count == 2 else (0, 1, 2)
    with no_grad():
        starts = [
            _starts(samples[..., order[i]], x.shape[2 + i], size[i], shape[i]).reshape(
                *x.shape[:2], *[-1 if k == i else 1 for k in range(count)]
            )
            for i in range(count)
        ]
        lines = []
        for offset in itertools.product(*map(range, size)):
            flat: Any = 0
            for i, o in enumerate(offset):
                flat = flat * x.shape[2 + i] + (starts[i] + o)
            lines.append(flat.reshape(*x.shape[:2], 1, -1))
        first, *rest = lines
        index: Tensor = first
        if rest:
            index = creation.zeros((*x.shape[:2], len(lines), first.shape[-1]), dtype=first.dtype, device=x.device)
            for k, line in enumerate(lines):
                index[:, :, k : k + 1] = line
    return index


def fractional_max_pool2d(
    input: Tensor,
    kernel_size: _Sizes,
    output_size: _Sizes | None = None,
    output_ratio: float | Sequence[float] | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """Take the largest element of each of so many windows of images, placed at random.

    https://arxiv.org/abs/1412.6071. The places are those of PyTorch for the same seed.

    Args:
        input: (N, C, H, W), or a single sample without N.
        kernel_size: The size of a window: an int, or 2.
        output_size: How many windows: an int, or 2.
        output_ratio: The same as a part of the size of the input.
        return_indices: Whether to return the places of the largest elements too.
        _random_samples: (N, C, 2): what windows are placed by; drawn by default.

    Raises:
        ValueError: Neither a size nor a ratio is given.
        RuntimeError: A size does not fit.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.fractional_max_pool2d(plugrad.zeros(1, 1, 6, 6), 2, output_size=3).shape
        plugrad.Size([1, 1, 3, 3])
    """
    found = _pooled(2, input, kernel_size, output_size, output_ratio, _random_samples)
    return found if return_indices else found[0]


def fractional_max_pool2d_with_indices(
    input: Tensor,
    kernel_size: _Sizes,
    output_size: _Sizes | None = None,
    output_ratio: float | Sequence[float] | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Take the largest element, and its place, of each of so many windows of images, placed at random.

    Args:
        input: (N, C, H, W), or a single sample without N.
        kernel_size: The size of a window: an int, or 2.
        output_size: How many windows: an int, or 2.
        output_ratio: The same as a part of the size of the input.
        return_indices: Without effect.
        _random_samples: (N, C, 2): what windows are placed by; drawn by default.

    Raises:
        ValueError: Neither a size nor a ratio is given.
        RuntimeError: A size does not fit.

    Example::

        >>> import plugrad
        >>> x = plugrad.zeros(1, 1, 6, 6)
        >>> plugrad.nn.functional.fractional_max_pool2d_with_indices(x, 2, output_size=3)[1].shape
        plugrad.Size([1, 1, 3, 3])
    """
    return _pooled(2, input, kernel_size, output_size, output_ratio, _random_samples)


def fractional_max_pool3d(
    input: Tensor,
    kernel_size: _Sizes,
    output_size: _Sizes | None = None,
    output_ratio: float | Sequence[float] | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """Take the largest element of each of so many windows of volumes, placed at random.

    https://arxiv.org/abs/1412.6071. The places are those of PyTorch for the same seed.

    Args:
        input: (N, C, D, H, W), or a single sample without N.
        kernel_size: The size of a window: an int, or 3.
        output_size: How many windows: an int, or 3.
        output_ratio: The same as a part of the size of the input.
        return_indices: Whether to return the places of the largest elements too.
        _random_samples: (N, C, 3): what windows are placed by; drawn by default.

    Raises:
        ValueError: Neither a size nor a ratio is given.
        RuntimeError: A size does not fit.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.fractional_max_pool3d(plugrad.zeros(1, 1, 6, 6, 6), 2, output_size=3).shape
        plugrad.Size([1, 1, 3, 3, 3])
    """
    found = _pooled(3, input, kernel_size, output_size, output_ratio, _random_samples)
    return found if return_indices else found[0]


def fractional_max_pool3d_with_indices(
    input: Tensor,
    kernel_size: _Sizes,
    output_size: _Sizes | None = None,
    output_ratio: float | Sequence[float] | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Take the largest element, and its place, of each of so many windows of volumes, placed at random.

    Args:
        input: (N, C, D, H, W), or a single sample without N.
        kernel_size: The size of a window: an int, or 3.
        output_size: How many windows: an int, or 3.
        output_ratio: The same as a part of the size of the input.
        return_indices: Without effect.
        _random_samples: (N, C, 3): what windows are placed by; drawn by default.

    Raises:
        ValueError: Neither a size nor a ratio is given.
        RuntimeError: A size does not fit.

    Example::

        >>> import plugrad
        >>> x = plugrad.zeros(1, 1, 6, 6, 6)
        >>> plugrad.nn.functional.fractional_max_pool3d_with_indices(x, 2, output_size=3)[1].shape
        plugrad.Size([1, 1, 3, 3, 3])
    """
    return _pooled(3, input, kernel_size, output_size, output_ratio, _random_samples)
