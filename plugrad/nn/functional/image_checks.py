"""What functions of images refuse, in PyTorch's words."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

from plugrad.core.errors import with_hint
from plugrad.nn.functional.checks import check_floating, require_tensors

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor


def check_pixels(function: str, input: Tensor, name: str, factor: int) -> None:
    """Refuse what does not fit in ``pixel_shuffle`` and ``pixel_unshuffle``."""
    require_tensors(function, input=input)
    if input.ndim < 3:
        raise RuntimeError(
            f"{function} expects input to have at least 3 dimensions, but got input with {input.ndim} dimension(s)"
        )
    if factor <= 0:
        raise RuntimeError(f"{function} expects a positive {name}, but got {factor}")


def check_affine(theta: Tensor, size: Sequence[int], align_corners: bool) -> None:
    """Refuse what does not fit in ``affine_grid``."""
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    shown = f"plugrad.Size({list(theta.shape)})"
    given = tuple(size)
    if len(given) not in (4, 5):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. Got size "
            f"{given}."
        )
    axes = len(given) - 2
    if theta.dim() != 3 or tuple(theta.shape[-2:]) != (axes, axes + 1):
        raise ValueError(
            f"Expected a batch of {axes}D affine matrices of shape Nx{axes}x{axes + 1} for size {given}. Got {shown}."
        )
    if align_corners and min(given[2:]) == 1:
        warnings.warn(
            "Since version 1.3.0, affine_grid behavior has changed for unit-size grids when align_corners=True. This "
            "is not an intended use case of affine_grid. See the documentation of affine_grid for details.",
            stacklevel=3,
        )
    elif min(given) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {given}")
    if theta.shape[0] != given[0]:
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{given[0]}, {axes + 1}] but got: "
            f"[{theta.shape[0]}, {axes + 1}]."
        )


def check_sample_modes(mode: str, padding_mode: str) -> None:
    """Refuse modes that ``grid_sample`` does not have."""
    if mode not in ("bilinear", "nearest", "bicubic"):
        raise ValueError(
            f"nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '{mode}'"
        )
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', but got: "
            f"'{padding_mode}'"
        )


def check_grid(input: Tensor, grid: Tensor, mode: str) -> None:
    """Refuse what does not fit in ``grid_sample``."""
    require_tensors("grid_sampler", input=input, grid=grid)
    size, places = list(input.shape), list(grid.shape)
    axes = len(size) - 2
    sizes = f"input with sizes {size} and grid with sizes {places}"
    if size[0] != places[0]:
        raise RuntimeError(f"grid_sampler(): expected grid and input to have same batch size, but got {sizes}")
    if places[-1] != axes:
        raise RuntimeError(
            with_hint(
                f"grid_sampler(): expected grid to have size {axes} in last dimension, but got grid with sizes "
                f"{places}",
                "a place has a coordinate for each axis, x first.",
            )
        )
    for i, n in enumerate(size[2:]):
        if n == 0:
            raise RuntimeError(
                "grid_sampler(): expected input to have non-empty spatial dimensions, but input has sizes "
                f"{size} with dimension {i + 2} being empty"
            )
    if len(places) != len(size) or axes not in (2, 3):
        kind = f"{len(size)}D" if axes in (2, 3) else "4D or 5D"
        raise RuntimeError(
            f"grid_sampler(): expected {kind} input and grid with same number of dimensions, but got {sizes}"
        )
    if axes == 3 and mode == "bicubic":
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    check_floating(f"grid_sampler_{axes}d_cpu_kernel_impl" if axes == 2 else "grid_sampler_3d_cpu", input)
    if grid.dtype is not input.dtype:
        raise RuntimeError(
            with_hint(
                f"expected scalar type {input.dtype.legacy_name} but found {grid.dtype.legacy_name}",
                f"convert the grid: grid.to({input.dtype}).",
            )
        )
