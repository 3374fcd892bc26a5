"""What pooling refuses, in PyTorch's words, and its arguments as tuples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from plugrad.core.errors import with_hint
from plugrad.core.ops import pooling
from plugrad.nn.functional.checks import require_tensors

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

# The definitions of ops are written in an untyped language.
pooled_shape: Any = pooling.pooled_shape

_TUPLES = {1: "one int", 2: "a tuple of two ints", 3: "a tuple of three ints"}


def window(function: str, name: str, value: Any, count: int, position: int | None = None) -> tuple[int, ...]:
    """A number for each axis, of one number or a sequence of them."""
    if isinstance(value, int) and not isinstance(value, bool):
        return (value,) * count
    if not isinstance(value, Sequence) or not all([isinstance(n, int) for n in value]):
        place = "" if position is None else f" (position {position})"
        raise TypeError(
            with_hint(
                f"{function}(): argument '{name}'{place} must be tuple of ints, not {type(value).__name__}",
                f"{name} is an int or {count} of them.",
            )
        )
    given = tuple(value)
    if len(given) == 1:
        return given * count
    if len(given) == count:
        return given
    if count == 1 and function == "max_pool1d":
        text = f"max_pool1d() {name} must be an int, list of ints or tuple of ints of size 1 but got size {len(given)}"
    elif count == 1:
        text = f"{function}() argument '{name}' should contain one int (got {len(given)})"
    elif name == "stride":
        text = f"{function}: stride must either be omitted, a single int, or {_TUPLES[count]}"
    else:
        either = "" if function == "avg_pool3d" else "either "
        text = f"{function}: {name} must {either}be a single int, or {_TUPLES[count]}"
    raise RuntimeError(with_hint(text, f"there are {count} axes to pool along."))


def window_counts(input: Tensor, options: dict[str, tuple[int, ...]], ceil_mode: bool) -> tuple[int, ...]:
    """How many windows there are along each axis."""
    shape = tuple(input.shape[2:])
    dilation = options.get("dilation", (1,) * len(shape))
    found: tuple[int, ...] = pooled_shape(
        shape, options["size"], options["stride"], options["padding"], dilation, ceil_mode
    )
    return found


def check_windows(function: str, count: int, input: Tensor, options: dict[str, tuple[int, ...]]) -> None:
    """Refuse options of two and three axes: in the order in which PyTorch looks at them."""
    size, stride, padding = options["size"], options["stride"], options["padding"]
    dilation = options.get("dilation", (1,) * count)
    if min(stride) <= 0:
        raise RuntimeError("stride should not be zero")
    if min(dilation) <= 0:
        names = ("dilationH", "dilationW") if count == 2 else ("dilationT", "dilationH", "dilationW")
        given = " ".join([f"{name}: {d}" for name, d in zip(names, dilation, strict=False)])
        raise RuntimeError(f"dilation should be greater than zero, but got {given}")
    if min(size) <= 0:
        names = ("kH", "kW") if count < 3 else ("kT", "kH", "kW")
        given = " ".join([f"{name}: {k}" for name, k in zip(names, size, strict=False)])
        raise RuntimeError(f"kernel size should be greater than zero, but got {given}")
    for k, p, d in zip(size, padding, dilation, strict=True):
        if p < 0:
            raise RuntimeError(f"pad must be non-negative, but got pad: {p}")
        if p > ((k - 1) * d + 1) // 2:
            raise RuntimeError(
                with_hint(
                    f"pad should be at most half of effective kernel size, but got pad={p}, kernel_size={k} and "
                    f"dilation={d}",
                    "a window would lie in the padding altogether.",
                )
            )


def check_line(input: Tensor, options: dict[str, tuple[int, ...]]) -> None:
    """Refuse options of ``max_pool1d``."""
    (k,), (s,), (p,), (d,) = (options[name] for name in ("size", "stride", "padding", "dilation"))
    for name, n in (("kernel_size", k), ("stride", s)):
        if n <= 0:
            raise RuntimeError(f"max_pool1d() {name} must be greater than zero, but got {n}")
    if p < 0:
        raise RuntimeError(f"max_pool1d() padding must be non-negative, but got {p}")
    if p > k // 2:
        raise RuntimeError(
            f"max_pool1d() padding should be at most half of kernel size, but got padding={p} and kernel_size={k}"
        )
    if d <= 0:
        raise RuntimeError(f"max_pool1d() dilation must be greater than zero, but got {d}")


def batched(function: str, count: int, input: Tensor) -> tuple[Tensor, bool]:
    """The input with its batch axis, and whether it had one; refused where it has no such number of axes."""
    require_tensors(function, input=input)
    size = list(input.shape)
    if len(size) not in (count + 1, count + 2):
        if function == "max_pool1d":
            kind = "2D or 3D (batch mode) tensor with optional 0 dim batch size"
            text = f"max_pool1d: Expected {kind} for input, but got:{size}"
        elif count == 1:
            text = (
                f"Expected 2 to 3 dimensions, but got {len(size)}-dimensional tensor for argument #1 'self' (while "
                f"checking arguments for {function})"
            )
        elif function.startswith("adaptive"):
            colon = ":" if "max" in function else ""
            text = f"{function}(): Expected {count + 1}D or {count + 2}D tensor, but got{colon} {size}"
        else:
            text = f"non-empty {count + 1}D or {count + 2}D (batch mode) tensor expected for input"
        raise RuntimeError(with_hint(text, "the axes are (batch,) channels, and those to pool along."))
    had = len(size) == count + 2
    empty = next((i for i, n in enumerate(size) if n == 0 and (i or not had)), None)
    if empty is not None:
        _refuse_empty(function, count, size, empty, had)
    return (input, True) if had else (input.unsqueeze(0), False)


def _refuse_empty(function: str, count: int, size: list[int], empty: int, had: bool) -> None:
    if function.startswith("adaptive"):
        if "avg" in function and (count < 3 and empty == (1 if had else 0)):
            return  # no channels: nothing to do
        two = "adaptive_avg_pool2d" if function == "adaptive_avg_pool1d" else function
        if function == "adaptive_avg_pool1d":
            size = [*size[:-1], 1, size[-1]]
            empty = len(size) - 1
        raise RuntimeError(
            f"{two}(): Expected input to have non-zero size for non-batch dimensions, but input has sizes {size} "
            f"with dimension {empty} being empty"
        )
    if count == 3:
        name = "max_pool3d_with_indices_out_cpu_template" if "max" in function else "avg_pool3d"
        raise RuntimeError(
            f"{name}(): Expected input's non-batch dimensions to have positive length, but input has a shape of "
            f"{size} and non-batch dimension {empty - had} has length zero!"
        )
    if function == "max_pool1d":
        kind, prefix = "2D or 3D", "max_pool1d: "
    else:
        kind, prefix = "3D or 4D", ""
        if count == 1:
            size = [*size[:-1], 1, size[-1]]
    raise RuntimeError(
        f"{prefix}Expected {kind} (batch mode) tensor with optional 0 dim batch size for input, but got:{size}"
    )


def check_pooled(function: str, input: Tensor, shape: tuple[int, ...], size: tuple[int, ...]) -> None:
    """Refuse windows that do not fit: nothing would be left."""
    if min(shape) >= 1:
        return
    before = list(input.shape[1:])
    if function == "max_pool1d":
        raise RuntimeError(f"max_pool1d() Invalid computed output size: {shape[0]}")
    if function == "avg_pool3d":
        given = [f"{name}: {n}" for name, n in zip("THW", before[1:], strict=True)]
        spans = [f"k{name}: {k}" for name, k in zip("THW", size, strict=True)]
        raise RuntimeError(f"input image ({' '.join(given)}) smaller than kernel size ({' '.join(spans)})")
    after = [before[0], *shape]
    if function == "avg_pool1d":
        before, after = [before[0], 1, *before[1:]], [before[0], 1, *shape]
    raise RuntimeError(
        with_hint(
            f"Given input size: ({'x'.join(map(str, before))}). Calculated output size: "
            f"({'x'.join(map(str, after))}). Output size is too small",
            f"the windows have size {list(size)}.",
        )
    )


def check_unpool(count: int, input: Tensor, indices: Tensor) -> None:
    """Refuse what does not fit in ``max_unpool``."""
    require_tensors(f"max_unpool{max(count, 2)}d", input=input, indices=indices)
    if indices.dtype.name != "int64":
        raise RuntimeError(f"elements in indices should be type int64 but got: {indices.dtype.legacy_name}")
    axes = max(count, 2)
    ndim = input.ndim + (count == 1)
    if ndim not in (axes + 1, axes + 2):
        raise RuntimeError(
            f"Input to max_unpooling{axes}d should be a {axes + 1}d or {axes + 2}d Tensor, but got a tensor with "
            f"{ndim} dimensions."
        )
    if indices.shape != input.shape:
        one = [1] if count == 1 else []
        raise RuntimeError(
            f"Expected shape of indices to be same as that of the input tensor ({list(input.shape) + one}) but got "
            f"indices tensor with shape: {list(indices.shape) + one}"
        )


def unpooled(
    input: Tensor, size: tuple[int, ...], stride: tuple[int, ...], padding: tuple[int, ...], output_size: Any
) -> tuple[int, ...]:
    """The sizes that ``max_unpool`` makes, or those that were asked for, where they could have been pooled."""
    count = len(size)
    usual = [(n - 1) * s + k - 2 * p for n, k, s, p in zip(input.shape[-count:], size, stride, padding, strict=True)]
    if output_size is None:
        return tuple(usual)
    wanted = output_size[2:] if len(output_size) == count + 2 else output_size
    if len(wanted) != count:
        raise ValueError(
            f"output_size should be a sequence containing {count} or {count + 2} elements, but it has a length of "
            f"'{len(wanted)}'"
        )
    for d, (n, s) in enumerate(zip(usual, stride, strict=True)):
        if not n - s < wanted[d] < n + s:
            raise ValueError(f'invalid output_size "{wanted}" (dim {d} must be between {n - s} and {n + s})')
    return tuple(wanted)


def check_adaptive_dtype(function: str, count: int, input: Tensor) -> None:
    """Refuse integers, in the name of PyTorch's kernel."""
    if not input.dtype.is_inexact:
        kernel = {1: f"{function[:-2]}2d", 2: function, 3: f"{function}_cpu"}[count]
        raise NotImplementedError(
            with_hint(
                f"\"{kernel}\" not implemented for '{input.dtype.legacy_name}'", "convert the input: input.float()."
            )
        )


def check_dtype(function: str, count: int, input: Tensor) -> None:
    """Refuse booleans, and integers that PyTorch's kernel does not have, in its name."""
    kind = input.dtype.category
    kernel = ""
    if function == "max_pool1d" and kind < 2:
        kernel = "max_pool1d_impl"
    elif kind == 0 or (kind == 1 and function.startswith("avg") and input.dtype.name != "int64"):
        kernel = {1: "avg_pool2d", 2: function, 3: "avg_pool3d_out_frame"}[count]
        kernel = "max_pool3d" if function == "max_pool3d" else kernel
    if kernel:
        raise NotImplementedError(
            with_hint(
                f"\"{kernel}\" not implemented for '{input.dtype.legacy_name}'", "convert the input: input.float()."
            )
        )
