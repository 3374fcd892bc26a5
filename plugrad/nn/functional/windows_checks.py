"""What sliding windows refuse, in PyTorch's words."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from plugrad.core.errors import with_hint
from plugrad.nn.functional.checks import check_floating, require_tensors

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor


def sizes_of(**options: Any) -> dict[str, tuple[int, ...]]:
    """Each option as a pair."""
    found: dict[str, tuple[int, ...]] = {}
    for name, value in options.items():
        given = (value, value) if isinstance(value, int) else tuple(value) if hasattr(value, "__iter__") else None
        if given is None or not all([isinstance(n, int) for n in given]):
            kind = type(value).__name__ if given is None else next(type(n) for n in given if not isinstance(n, int))
            text = f"argument '{name}' must be tuple of ints, not {kind}"
            raise TypeError(with_hint(text, f"{name} is an int, or two."))
        if len(given) == 1:
            given = given * 2
        if len(given) != 2:
            raise RuntimeError(f"It is expected {name} equals to 2, but got size {len(given)}")
        found[name] = given
    return found


def _check_options(options: dict[str, tuple[int, ...]]) -> None:
    for name, label, least in (
        ("kernel_size", "kernel", 1), ("dilation", "dilation", 1), ("padding", "pad", 0), ("stride", "stride", 1),
    ):  # fmt: skip
        h, w = options[name]
        if min(h, w) < least:
            what = {"kernel_size": "kernel size"}.get(name, name)
            bound = "be non-negative" if least == 0 else "be greater than zero"
            raise RuntimeError(f"{what} should {bound}, but got {label}_height: {h} {label}_width: {w}")


def _blocks(shape: Any, options: dict[str, tuple[int, ...]]) -> tuple[int, ...]:
    return tuple(
        [
            (n + 2 * p - d * (k - 1) - 1) // s + 1
            for n, k, d, p, s in zip(
                shape, *(options[name] for name in ("kernel_size", "dilation", "padding", "stride")), strict=True
            )
        ]
    )


def check_unfold(input: Tensor, options: dict[str, tuple[int, ...]]) -> tuple[Tensor, bool]:
    """Refuse what does not fit in ``unfold``; the input with its batch axis, and whether it had one."""
    require_tensors("im2col", input=input)
    _check_options(options)
    size = list(input.shape)
    if len(size) not in (3, 4) or 0 in size[len(size) - 3 :]:
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for "
            f"input, but got: {size}"
        )
    blocks = _blocks(size[-2:], options)
    if min(blocks) < 1:
        kernel, dilation, padding = (options[name] for name in ("kernel_size", "dilation", "padding"))
        raise RuntimeError(
            f"Given input with spatial size ({size[-2]}, {size[-1]}), kernel_size={kernel}, dilation={dilation}, "
            f"padding={padding}, calculated shape of the array of sliding blocks as {blocks}, but its components must "
            "be at least one."
        )
    check_floating("im2col_out_cpu", input)
    return (input, True) if len(size) == 4 else (input.unsqueeze(0), False)


def check_fold(input: Tensor, options: dict[str, tuple[int, ...]]) -> tuple[Tensor, bool]:
    """Refuse what does not fit in ``fold``; the input with its batch axis, and whether it had one."""
    require_tensors("col2im", input=input)
    _check_options(options)
    size = list(input.shape)
    if len(size) not in (2, 3) or 0 in size[len(size) - 2 :]:
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for "
            f"input, but got: {size}"
        )
    rows, columns = size[-2:]
    kernel = options["kernel_size"]
    if rows % prod(kernel):
        raise RuntimeError(
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got "
            f"input.size(1)={rows} and kernel_size={kernel}."
        )
    h, w = _blocks(options["output_size"], options)
    if h * w != columns:
        given = ", ".join([f"{name}={value}" for name, value in options.items()])
        raise RuntimeError(
            f"Given {given}, expected size of input's dimension 2 to match the calculated number of sliding blocks "
            f"{h} * {w} = {h * w}, but got input.size(2)={columns}."
        )
    check_floating("col2im_out_cpu", input)
    return (input, True) if len(size) == 3 else (input.unsqueeze(0), False)
