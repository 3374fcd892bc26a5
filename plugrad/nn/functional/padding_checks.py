"""What padding refuses, in PyTorch's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from plugrad.core.errors import with_hint
from plugrad.nn.functional.checks import require_tensors

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

_Widths = tuple[tuple[int, int], ...]


def check_pad(input: Tensor, pad: Any, mode: str, value: Any) -> _Widths:
    """Refuse what does not fit in ``pad``; the widths as pairs of the last dimensions, in order."""
    require_tensors("pad", input=input)
    if not isinstance(pad, Sequence):
        raise TypeError(
            with_hint(
                f"pad(): argument 'pad' (position 2) must be tuple of ints, not {type(pad).__name__}",
                "it holds pairs of widths, those of the last dimension first.",
            )
        )
    for i, width in enumerate(pad):
        if not isinstance(width, int):
            raise TypeError(
                f"pad(): argument 'pad' (position 2) must be tuple of ints, but found element of type "
                f"{type(width).__name__} at pos {i}"
            )
    count, ndim = len(pad), input.ndim
    if count % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if count > 2 * ndim:
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got padding length "
            f"{count} and input of dimension {ndim}"
        )
    widths = tuple([(pad[i], pad[i + 1]) for i in reversed(range(0, count, 2))])
    if mode == "constant":
        for n, (before, after) in zip(input.shape[ndim - len(widths) :], widths, strict=True):
            if n + before + after < 0 or n + min(before, 0) < 0 or n + min(after, 0) < 0:
                hint = "more is cut off than is there."
                raise RuntimeError(with_hint("narrow(): length must be non-negative.", hint))
        return widths
    if value is not None and value != 0:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    if mode not in ("reflect", "replicate", "circular"):
        raise NotImplementedError(
            with_hint(f"Unrecognised padding mode {mode}", "it is constant, reflect, replicate or circular.")
        )
    if not (1 <= len(widths) <= 3 and ndim - len(widths) in (1, 2)):
        raise NotImplementedError(
            f"Padding size {count} is not supported for {ndim}D input tensor.\n"
            "Supported combinations for non-constant padding:\n"
            "  - 2D or 3D input: padding size = 2 (pads last dimension)\n"
            "  - 3D or 4D input: padding size = 4 (pads last 2 dimensions)\n"
            "  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)"
        )
    _check_sizes(input, widths, mode)
    return widths


def _check_sizes(input: Tensor, widths: _Widths, mode: str) -> None:
    size, count = list(input.shape), len(widths)
    lead = len(size) - count
    if mode != "circular" and 0 in size[lead - 1 :]:
        raise RuntimeError(
            f"Expected {count + 1}D or {count + 2}D (batch mode) tensor with possibly 0 batch size and other non-zero "
            f"dimensions for input, but got: {size}"
        )
    for i, (before, after) in reversed(list(enumerate(widths))):
        n = size[lead + i]
        if mode == "reflect" and max(before, after) >= n:
            raise RuntimeError(
                with_hint(
                    f"Argument #{2 + 2 * (count - i)}: Padding size should be less than the corresponding input "
                    f"dimension, but got: padding ({before}, {after}) at dimension {lead + i} of input {size}",
                    "the edge itself is not mirrored.",
                )
            )
        if mode == "circular" and max(before, after) > n:
            raise RuntimeError("Padding value causes wrapping around more than once.")
        if n + before + after < 0 or (mode == "circular" and n + min(before, 0) + min(after, 0) < 0):
            if mode == "circular":
                raise RuntimeError("Negative padding value is resulting in an empty dimension")
            names = "DHW"[-count:]
            given = " ".join([f"{name}: {m}" for name, m in zip(names, size[lead:], strict=True)])
            found = " ".join(
                [f"{name}: {m + a + b}" for name, m, (a, b) in zip(names, size[lead:], widths, strict=True)]
            )
            raise RuntimeError(f"input ({given}) is too small. Calculated output {found}")
