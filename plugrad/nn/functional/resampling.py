"""The functional face of resampling; `plugrad.nn.functional` is where users find it."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from plugrad.core import ops
from plugrad.nn.functional import adaptive_pooling
from plugrad.nn.functional.checks import require_tensors
from plugrad.nn.functional.resampling_checks import KINDS, check_corners, check_mode, check_size, new_shape

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor


def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Resample to another size.

    Args:
        input: (N, C, W), (N, C, H, W) or (N, C, D, H, W).
        size: The new size: an int, or one for each axis.
        scale_factor: By how much axes are stretched: a number, or one for each.
        mode: ``"nearest"``, ``"nearest-exact"``, ``"linear"`` (three dimensions), ``"bilinear"`` or ``"bicubic"``
            (four), ``"trilinear"`` (five), ``"area"`` (means), or ``"lanczos"`` (four, with ``antialias``).
        align_corners: Whether the outer elements' centres stay where they are, not their outer edges.
        recompute_scale_factor: Whether the factor is worked out from the sizes.
        antialias: Whether a filter is applied before elements are left out.

    Raises:
        ValueError: Sizes or options do not fit together.
        NotImplementedError: There is no such mode for so many dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.interpolate(plugrad.tensor([[[1.0, 3.0]]]), scale_factor=2, mode="linear")
        tensor([[[1.0000, 1.5000, 2.5000, 3.0000]]])
    """
    require_tensors("interpolate", input=input)
    corners = check_corners(mode, align_corners)
    shape, scales = new_shape(input, size, scale_factor, mode, recompute_scale_factor)
    check_mode(input, mode, corners, antialias)
    count = input.ndim - 2
    new = check_size(input, shape, mode)
    if mode == "area":
        pool = getattr(adaptive_pooling, f"adaptive_avg_pool{count}d")
        means: Tensor = pool(input, new)
        return means
    kind = KINDS.get(mode, mode) + ("-smooth" if antialias else "")
    op = ops.RESAMPLES[kind, count]
    if input.dtype.name == "uint8" and mode not in ("nearest", "nearest-exact"):
        smooth = op(input.float(), shape=new, mode=kind, scales=scales, corners=corners)
        whole: Tensor = (smooth + 0.5).floor().clamp(0, 255).to(input.dtype)
        return whole
    result: Tensor = op(input, shape=new, mode=kind, scales=scales, corners=corners)
    return result


def upsample(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """Resample to another size: the old name of `interpolate`, with a warning.

    Args:
        input: (N, C, W), (N, C, H, W) or (N, C, D, H, W).
        size: The new size: an int, or one for each axis.
        scale_factor: By how much axes are stretched: a number, or one for each.
        mode: ``"nearest"``, ``"nearest-exact"``, ``"linear"`` (three dimensions), ``"bilinear"`` or ``"bicubic"``
            (four), ``"trilinear"`` (five), ``"area"`` (means), or ``"lanczos"`` (four, with ``antialias``).
        align_corners: Whether the outer elements' centres stay where they are, not their outer edges.

    Example::

        >>> import plugrad
        >>> import warnings
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore")
        ...     plugrad.nn.functional.upsample(plugrad.tensor([[[1.0, 3.0]]]), 4)
        tensor([[[1., 1., 3., 3.]]])
    """
    text = "`nn.functional.upsample` is deprecated. Use `nn.functional.interpolate` instead."
    warnings.warn(text, stacklevel=2)
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """Resample by the nearest element: an old name of `interpolate`, with a warning.

    Args:
        input: (N, C, W), (N, C, H, W) or (N, C, D, H, W).
        size: The new size: an int, or one for each axis.
        scale_factor: By how much axes are stretched: a number, or one for each.

    Example::

        >>> import plugrad
        >>> import warnings
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore")
        ...     plugrad.nn.functional.upsample_nearest(plugrad.ones(1, 1, 1, 1), 2)
        tensor([[[[1., 1.],
                  [1., 1.]]]])
    """
    text = "`nn.functional.upsample_nearest` is deprecated. Use `nn.functional.interpolate` instead."
    warnings.warn(text, stacklevel=2)
    return interpolate(input, size, scale_factor, mode="nearest")


def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """Resample by the weighted mean of the four elements around: an old name of `interpolate`, with a warning.

    Args:
        input: (N, C, W), (N, C, H, W) or (N, C, D, H, W).
        size: The new size: an int, or one for each axis.
        scale_factor: By how much axes are stretched: a number, or one for each.

    Example::

        >>> import plugrad
        >>> import warnings
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore")
        ...     plugrad.nn.functional.upsample_bilinear(plugrad.ones(1, 1, 1, 1), 2)
        tensor([[[[1., 1.],
                  [1., 1.]]]])
    """
    text = "`nn.functional.upsample_bilinear` is deprecated. Use `nn.functional.interpolate` instead."
    warnings.warn(text, stacklevel=2)
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)
