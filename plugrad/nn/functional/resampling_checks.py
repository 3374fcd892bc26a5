"""What resampling refuses, in PyTorch's words, and the sizes that its arguments mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from plugrad.core.errors import with_hint
from plugrad.nn.functional.checks import check_floating

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

#: The core's name of a mode, whatever the number of axes.
KINDS: Final = {
    "linear": "linear", "bilinear": "linear", "trilinear": "linear", "bicubic": "cubic", "lanczos": "lanczos",
}  # fmt: skip

_NEEDS = {"linear": 3, "bilinear": 4, "trilinear": 5}


def check_corners(mode: str, align_corners: bool | None) -> bool:
    """Refuse an option that a mode does not have."""
    if mode in ("nearest", "area", "nearest-exact"):
        if align_corners is not None:
            raise ValueError(
                "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | "
                "trilinear"
            )
        return False
    return bool(align_corners)


def new_shape(
    input: Tensor, size: Any, scale_factor: Any, mode: str, recompute: bool | None
) -> tuple[list[Any], tuple[float | None, ...]]:
    """The new sizes, and the factors that results are apart by, None where sizes say it."""
    axes = max(input.ndim - 2, 0)
    nothing = (None,) * axes
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is None and scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    given = size if scale_factor is None else scale_factor
    several = isinstance(given, (list, tuple))
    if several and len(given) != axes:
        first, shown, what, form = "output", "output size of", "output size", "(o1, o2, ...,oK)"
        if size is None:
            first, shown, what, form = "scale_factor", "scale_factor of shape", "scale_factor", "(s1, s2, ...,sK)"
        raise ValueError(
            f"Input and {first} must have the same number of spatial dimensions, but got input with spatial dimensions "
            f"of {list(input.shape[2:])} and {shown} {given}. Please provide input tensor in (N, C, d1, d2, ...,dK) "
            f"format and {what} in {form} format."
        )
    values = list(given) if several else [given] * axes
    if size is not None:
        if not all([isinstance(n, int) for n in values]):
            raise TypeError(
                "expected size to be one of int or Tuple[int] or Tuple[int, int] or Tuple[int, int, int], but got "
                f"size with types {[type(n) for n in values]}"
            )
        if recompute:
            raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
        return values, nothing
    shape = [int(n * s) for n, s in zip(input.shape[2:], values, strict=True)]
    return shape, nothing if recompute or mode == "area" else tuple([float(s) for s in values])


def check_mode(input: Tensor, mode: str, corners: bool, antialias: bool) -> None:
    """Refuse modes that there are not, or not for so many dimensions."""
    ndim = input.ndim
    if antialias and not (mode in ("bilinear", "bicubic", "lanczos") and ndim == 4):
        raise ValueError(
            "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D tensor as input"
        )
    if ndim in (3, 4, 5):
        if mode in ("nearest", "nearest-exact", "area") or (mode == "bicubic" and ndim == 4):
            return
        if mode in _NEEDS:
            if ndim != _NEEDS[mode]:
                raise NotImplementedError(
                    with_hint(
                        f"Got {ndim}D input, but {mode} mode needs {_NEEDS[mode]}D input",
                        "the axes are batch, channels, and those to resample.",
                    )
                )
            return
        if mode == "lanczos" and ndim == 4:
            if corners:
                raise ValueError("Lanczos mode does not support align_corners=True")
            if not antialias:
                raise ValueError("Lanczos mode requires antialias=True")
            return
    raise NotImplementedError(
        f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {ndim}D) for the modes: nearest | linear | "
        f"bilinear | bicubic | trilinear | lanczos | area | nearest-exact (got {mode})"
    )


def check_size(input: Tensor, shape: list[Any], mode: str) -> tuple[int, ...]:
    """Refuse sizes of nothing, and dtypes that can't be resampled."""
    axes = input.ndim - 2
    if mode != "area":
        if input.shape[1] == 0 and input.shape[0] != 0:
            raise RuntimeError(
                f"Non-empty {input.ndim}D data tensor expected but got a tensor with sizes {list(input.shape)}"
            )
        if min(input.shape[2:]) <= 0 or min(shape) <= 0:
            names = "DHW"[-axes:]
            before = ", ".join([f"{name}: {n}" for name, n in zip(names, input.shape[2:], strict=True)])
            after = ", ".join([f"{name}: {n}" for name, n in zip(names, shape, strict=True)])
            raise RuntimeError(
                f"Input and output sizes should be greater than 0, but got input ({before}) and output ({after})"
            )
        if input.dtype.name != "uint8" or mode in ("linear", "trilinear"):
            kind = "nearest" if mode.startswith("nearest") else "linear" if mode in _NEEDS else "cubic"
            check_floating(f"compute_indices_weights_{kind}", input)
    return tuple(shape)
