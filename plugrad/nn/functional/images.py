"""The functional face of images: places, and channels as space; `plugrad.nn.functional` is where users find it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from plugrad.core import creation, ops
from plugrad.nn.functional.image_checks import check_affine, check_grid, check_pixels, check_sample_modes

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

# The definitions of ops are written in an untyped language.
_ops: Any = ops

_CHANGED = (
    "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please specify "
    "align_corners=True if the old behavior is desired. See the documentation of grid_sample for details."
)


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Move channels into space: ``(*, C * r**2, H, W)`` becomes ``(*, C, H * r, W * r)``.

    Args:
        input: ``(*, C * r**2, H, W)``.
        upscale_factor: r.

    Raises:
        RuntimeError: The sizes do not fit.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.pixel_shuffle(plugrad.arange(4.0).reshape(1, 4, 1, 1), 2)
        tensor([[[[0., 1.],
                  [2., 3.]]]])
    """
    r = upscale_factor
    check_pixels("pixel_shuffle", input, "upscale_factor", r)
    lead, (c, h, w) = input.shape[:-3], input.shape[-3:]
    if c % r**2:
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, "
            f"but input.size(-3)={c} is not divisible by {r**2}"
        )
    n = len(lead)
    x = input.reshape(*lead, c // r**2, r, r, h, w)
    x = x.permute(*range(n), n, n + 3, n + 1, n + 4, n + 2)
    result: Tensor = x.reshape(*lead, c // r**2, h * r, w * r)
    return result


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Move space into channels: ``(*, C, H * r, W * r)`` becomes ``(*, C * r**2, H, W)``.

    Args:
        input: ``(*, C, H * r, W * r)``.
        downscale_factor: r.

    Raises:
        RuntimeError: The sizes do not fit.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.pixel_unshuffle(plugrad.arange(4.0).reshape(1, 1, 2, 2), 2).shape
        plugrad.Size([1, 4, 1, 1])
    """
    r = downscale_factor
    check_pixels("pixel_unshuffle", input, "downscale_factor", r)
    lead, (c, h, w) = input.shape[:-3], input.shape[-3:]
    for name, number, k in (("height", h, -2), ("width", w, -1)):
        if number % r:
            raise RuntimeError(
                f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but input.size({k})={number} is "
                f"not divisible by {r}"
            )
    n = len(lead)
    x = input.reshape(*lead, c, h // r, r, w // r, r)
    x = x.permute(*range(n), n, n + 2, n + 4, n + 1, n + 3)
    result: Tensor = x.reshape(*lead, c * r**2, h // r, w // r)
    return result


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Take channels of all groups in turn: group by group becomes place by place.

    Args:
        input: ``(N, C, *)``.
        groups: How many groups the channels fall into.

    Raises:
        RuntimeError: The sizes do not fit.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.channel_shuffle(plugrad.arange(4.0).reshape(1, 4, 1), 2)
        tensor([[[0.],
                 [2.],
                 [1.],
                 [3.]]])
    """
    if input.ndim <= 2:
        raise RuntimeError(f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(input.shape)}")
    if groups <= 0:
        raise RuntimeError(f"Number of groups to divide channels in must be positive. Value of groups:{groups}")
    n, c = input.shape[:2]
    if c % groups:
        raise RuntimeError(f"Number of channels must be divisible by groups. Got {c} channels and {groups} groups.")
    x = input.reshape(n, groups, c // groups, *input.shape[2:]).transpose(1, 2)
    result: Tensor = x.reshape(input.shape)
    return result


def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """Make the places that `grid_sample` samples at, by affine maps of the regular grid.

    Args:
        theta: (N, 2, 3), or (N, 3, 4) for volumes.
        size: The size of the result: (N, C, H, W) or (N, C, D, H, W).
        align_corners: Whether -1 and 1 are the centres of the outer elements, not their outer edges; with a
            warning, false by default.

    Raises:
        ValueError: A shape does not fit.

    Example::

        >>> import plugrad
        >>> theta = plugrad.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])
        >>> plugrad.nn.functional.affine_grid(theta, (1, 1, 1, 2), align_corners=False)
        tensor([[[[-0.5000,  0.0000],
                  [ 0.5000,  0.0000]]]])
    """
    if align_corners is None:
        warnings.warn(_CHANGED, stacklevel=2)
        align_corners = False
    check_affine(theta, size, align_corners)
    spatial = tuple(size[2:])
    axes = []
    for i, n in enumerate(spatial):
        line = (
            creation.linspace(-1, 1, n, dtype=theta.dtype, device=theta.device)
            if n > 1
            else creation.zeros(1, dtype=theta.dtype, device=theta.device)
        )
        if not align_corners:
            line = line * ((n - 1) / n)
        axes.append(line.reshape([-1 if k == i else 1 for k in range(len(spatial))]).expand(spatial))
    base = _ops.stack([*axes[::-1], creation.ones_like(axes[0])], axis=-1)
    rows = base.reshape(1, -1, len(spatial) + 1).expand(size[0], -1, -1)
    result: Tensor = rows.bmm(theta.transpose(1, 2)).reshape(size[0], *spatial, len(spatial))
    return result


def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """Sample images at any places: the weighted mean of the elements around each.

    Args:
        input: (N, C, H, W) or (N, C, D, H, W).
        grid: (N, H out, W out, 2) or (N, D out, H out, W out, 3): places from -1 to 1, x first.
        mode: ``"bilinear"``, ``"nearest"`` or, for images, ``"bicubic"``.
        padding_mode: What is outside: ``"zeros"``, the ``"border"``, or its ``"reflection"``.
        align_corners: Whether -1 and 1 are the centres of the outer elements, not their outer edges; with a
            warning, false by default.

    Raises:
        RuntimeError: A shape or a dtype does not fit.
        ValueError: There is no such mode.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([[[[1.0, 3.0]]]])
        >>> plugrad.nn.functional.grid_sample(x, plugrad.zeros(1, 1, 1, 2), align_corners=False)
        tensor([[[[2.]]]])
    """
    check_sample_modes(mode, padding_mode)
    if align_corners is None:
        warnings.warn(_CHANGED, stacklevel=2)
        align_corners = False
    check_grid(input, grid, mode)
    result: Tensor = _ops.grid_sample(input, grid, mode=mode, padding=padding_mode, corners=bool(align_corners))
    return result
