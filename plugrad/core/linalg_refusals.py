"""What PyTorch says of operands that can't be multiplied: asked after an op failed; success pays nothing."""

from __future__ import annotations

from typing import Any

from plugrad.core import dispatch
from plugrad.core.dtypes import dtype
from plugrad.core.errors import with_hint
from plugrad.core.promote import wrong_type
from plugrad.core.value import Value

# How C++ spells the dtypes in these texts.
_SPELLED = {
    "bool": "bool", "uint8": "unsigned char", "int8": "signed char", "int16": "short int", "int32": "int",
    "int64": "long int", "uint16": "short unsigned int", "uint32": "unsigned int",
    "uint64": "long unsigned int",
    "float16": "c10::Half", "bfloat16": "c10::BFloat16", "float32": "float", "float64": "double",
    "complex64": "c10::complex<float>", "complex128": "c10::complex<double>",
}  # fmt: skip


def spelled(d: dtype) -> str:
    """A dtype's name in C++."""
    return _SPELLED[d.name]


def require_tensors(function: str, first: int = 1, **arguments: Any) -> None:
    """Refuse arguments that are no Tensors, counting positions from ``first``."""
    for i, (name, value) in enumerate(arguments.items()):
        if not isinstance(value, Value):
            raise wrong_type(function, name, i + first, value)


def shape_of(x: Any) -> tuple[int, ...]:
    """A Tensor's shape as a plain tuple."""
    return tuple(x.raw.shape)


def _times(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def _product(sizes: tuple[int, ...]) -> int:
    count = 1
    for n in sizes:
        count *= n
    return count


def _convert(x: Any, y: Any) -> str:
    return f"products do not promote; convert one of them: x.to({x.dtype}) or x.to({y.dtype})."


def _inner(a: tuple[int, ...], b: tuple[int, ...]) -> str:
    n = b[-2] if len(b) > 1 else b[0]
    return f"the last size of {list(a)}, {a[-1]}, and the size {n} of {list(b)} must be equal."


def refuse_matmul(x1: Any, x2: Any) -> None:
    """Raise PyTorch's error if ``x1 @ x2`` can't be."""
    a, b = shape_of(x1), shape_of(x2)
    if not a or not b:
        text = f"both arguments to matmul need to be at least 1D, but they are {len(a)}D and {len(b)}D"
        raise RuntimeError(with_hint(text, "a number is multiplied with *."))
    if len(a) == len(b) == 1:
        refuse_dot(x1, x2)
    elif len(b) == 1 or len(a) == 1:
        refuse_vector_product(x1, x2)
    elif len(b) == 2:
        refuse_mm(x1, x2)
    elif len(a) == 2:
        refuse_dtypes(x1, x2)
        if a[1] != b[-2]:
            text = f"({_product((*b[:-2], b[-1]))}x{b[-2]} and {a[1]}x{a[0]})"
            raise RuntimeError(with_hint(f"mat1 and mat2 shapes cannot be multiplied {text}", _inner(a, b)))
    else:
        batch = dispatch.broadcast_shapes(a[:-2], b[:-2])
        refuse_stacks(x1, x2, (_product(batch), *a[-2:]), (_product(batch), *b[-2:]))


def refuse_dtypes(x1: Any, x2: Any) -> None:
    """Of two matrices."""
    if x1.dtype is not x2.dtype:
        text = f"expected m1 and m2 to have the same dtype, but got: {spelled(x1.dtype)} != {spelled(x2.dtype)}"
        raise RuntimeError(with_hint(text, _convert(x1, x2)))


def refuse_mm(x1: Any, x2: Any) -> None:
    """Of a matrix, or a stack of them, and a matrix."""
    refuse_dtypes(x1, x2)
    a, b = shape_of(x1), shape_of(x2)
    if a[-1] != b[0]:
        text = f"mat1 and mat2 shapes cannot be multiplied ({_product(a[:-1])}x{a[-1]} and {_times(b)})"
        raise RuntimeError(with_hint(text, _inner(a, b)))


def refuse_dot(x1: Any, x2: Any) -> None:
    """Of two vectors."""
    a, b = shape_of(x1), shape_of(x2)
    if len(a) != 1 or len(b) != 1:
        text = f"1D tensors expected, but got {len(a)}D and {len(b)}D tensors"
        raise RuntimeError(with_hint(text, "x @ y multiplies tensors of other ranks."))
    if x1.dtype is not x2.dtype:
        text = f"dot : expected both vectors to have same dtype, but found {x1.dtype.legacy_name} and "
        raise RuntimeError(with_hint(text + x2.dtype.legacy_name, _convert(x1, x2)))
    if a != b:
        text = (
            f"inconsistent tensor size, expected tensor [{a[0]}] and src [{b[0]}] to have the same number of "
            f"elements, but got {a[0]} and {b[0]} elements respectively"
        )
        raise RuntimeError(with_hint(text, "two vectors of one product must have one length."))


def refuse_vector_product(x1: Any, x2: Any) -> None:
    """Of a vector and matrices, on either side."""
    a, b = shape_of(x1), shape_of(x2)
    if len(b) == 1:
        matrix, rows, columns, vector = x1, _product(a[:-1]), a[-1], x2
    elif len(b) == 2:
        refuse_dtypes(x1, x2)
        if a[0] != b[0]:
            text = f"mat1 and mat2 shapes cannot be multiplied (1x{a[0]} and {_times(b)})"
            raise RuntimeError(with_hint(text, _inner(a, b)))
        return
    else:
        # PyTorch turns the matrices round and multiplies them with the vector.
        matrix, rows, columns, vector = x2, _product((*b[:-2], b[-1])), b[-2], x1
    if matrix.dtype is not vector.dtype:
        names = matrix.dtype.legacy_name, vector.dtype.legacy_name
        text = f"addmv input tensors must have the same dtype, but got {names[1]}, {names[0]}, and {names[1]}"
        raise RuntimeError(with_hint(text, _convert(x1, x2)))
    n = shape_of(vector)[0]
    if n != columns:
        text = f"size mismatch, got input ({rows}), mat ({rows}x{columns}), vec ({n})"
        raise RuntimeError(with_hint(text, _inner(a, b)))


def refuse_stacks(x1: Any, x2: Any, a: tuple[int, ...], b: tuple[int, ...]) -> None:
    """Of two stacks of matrices, seen as of these three sizes."""
    if x1.dtype is not x2.dtype:
        text = f"expected scalar type {x1.dtype.legacy_name} but found {x2.dtype.legacy_name}"
        raise RuntimeError(with_hint(text, _convert(x1, x2)))
    if a[0] != b[0] or a[2] != b[1]:
        text = f"[{a[0]}, {a[2]}] but got: [{b[0]}, {b[1]}]."
        raise RuntimeError(
            with_hint(f"Expected size for first two dimensions of batch2 tensor to be: {text}", _inner(a, b))
        )


def refuse_bmm(x1: Any, x2: Any) -> None:
    """Of two stacks of matrices that do not broadcast."""
    for name, x in (("batch1", x1), ("batch2", x2)):
        if x.raw.ndim != 3:
            text = f"{name} must be a 3D tensor"
            raise RuntimeError(with_hint(text, f"it has {x.raw.ndim} dimensions; matmul takes any number of them."))
    refuse_stacks(x1, x2, shape_of(x1), shape_of(x2))


def refuse_sum(x: Any, mat2: Any, batch: tuple[int, ...]) -> None:
    """Of what is added to a product of this shape."""
    if x.dtype is not mat2.dtype:
        names = f"{x.dtype.legacy_name} and {mat2.dtype.legacy_name}"
        text = f"self and mat2 must have the same dtype, but got {names}"
        raise RuntimeError(with_hint(text, _convert(x, mat2)))
    refuse_expansion(shape_of(x), batch)


def refuse_expansion(shape: tuple[int, ...], target: tuple[int, ...]) -> None:
    """Raise PyTorch's error if a shape does not broadcast to ``target``."""
    if len(shape) > len(target):
        raise RuntimeError(
            f"expand(plugrad.Tensor{{{list(shape)}}}, size={list(target)}): the number of sizes provided "
            f"({len(target)}) must be greater or equal to the number of dimensions in the tensor "
            f"({len(shape)})"
        )
    for i in range(1, len(shape) + 1):
        if shape[-i] not in (1, target[-i]):
            raise RuntimeError(
                f"The expanded size of the tensor ({target[-i]}) must match the existing size ({shape[-i]}) "
                f"at non-singleton dimension {len(target) - i}.  Target sizes: {list(target)}.  "
                f"Tensor sizes: {list(shape)}"
            )


def refuse_linear(x: Any, weight: Any, bias: Any) -> None:
    """Of F.linear."""
    require_tensors("linear", input=x, weight=weight)
    a, w = shape_of(x), shape_of(weight)
    if not a or not w:
        text = f"both arguments to linear need to be at least 1D, but they are {len(a)}D and {len(w)}D"
        raise RuntimeError(with_hint(text, "the input is (*, in_features), the weight (out_features, in_features)."))
    if len(w) > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {len(w)}D")
    if bias is None:
        refuse_dtypes(x, weight)
    else:
        require_tensors("linear", 3, bias=bias)
        if len(w) == 1:
            raise RuntimeError("mat2 must be a matrix, got 1-D tensor")
        if x.dtype is not weight.dtype:
            names = f"{x.dtype.legacy_name} and {weight.dtype.legacy_name}"
            text = f"mat1 and mat2 must have the same dtype, but got {names}"
            raise RuntimeError(with_hint(text, _convert(x, weight)))
    if a[-1] != w[-1]:
        text = f"mat1 and mat2 shapes cannot be multiplied ({_product(a[:-1])}x{a[-1]} and {_times(w[::-1])})"
        hint = f"the input's last size, {a[-1]}, is not in_features, {w[-1]}, of the weight {list(w)}."
        raise RuntimeError(with_hint(text, hint))
    if bias is not None:
        refuse_sum(bias, weight, (_product(a[:-1]), w[0]))
