"""What the functions of linear algebra ask of matrices, in PyTorch's words; and why a library failed."""

from __future__ import annotations

from typing import Any

from plugrad.core import dtypes, ops
from plugrad.core.errors import LinAlgError, with_hint
from plugrad.core.levels import LevelDevice
from plugrad.core.linalg_refusals import shape_of
from plugrad.core.promote import wrong_type
from plugrad.core.value import Value


def tensor(function: str, argument: str, x: Any, position: int = 1) -> Any:
    """The argument, or PyTorch's error where it is no tensor."""
    if not isinstance(x, Value):
        raise wrong_type(function, argument, position, x)
    return x


def matrix(name: str, x: Any, argument: str = "A") -> None:
    """Refuse what has fewer than two dimensions."""
    if x.raw.ndim < 2:
        text = f"{name}: The input tensor {argument} must have at least 2 dimensions."
        raise RuntimeError(with_hint(text, f"it has shape {list(x.raw.shape)}."))


def square(name: str, x: Any, argument: str = "A") -> None:
    """Refuse what is no stack of square matrices."""
    matrix(name, x, argument)
    m, n = x.raw.shape[-2:]
    if m != n:
        start = f"{name}: " if name else ""
        text = f"{start}{argument} must be batches of square matrices, but they are {m} by {n} matrices"
        raise RuntimeError(with_hint(text, f"it has shape {list(x.raw.shape)}."))


def floating(name: str, x: Any, low: bool = True, kernel: str = "") -> None:
    """Refuse integers, and half precision with a text of its own, or as what ``kernel`` is not written for."""
    if not x.dtype.is_inexact:
        text = f"{name}: Expected a floating point or complex tensor as input. Got {x.dtype.legacy_name}"
        raise RuntimeError(with_hint(text, "convert first: x.float()."))
    if not low and x.dtype in (dtypes.float16, dtypes.bfloat16):
        if kernel:
            lacking(kernel, x)
        text = f"{name}: Low precision dtypes not supported. Got {x.dtype.legacy_name}"
        raise RuntimeError(with_hint(text, "convert first: x.float()."))


def lacking(kernel: str, x: Any) -> None:
    """Refuse integers and half precision as what a kernel is not written for."""
    if not x.dtype.is_inexact or x.dtype in (dtypes.float16, dtypes.bfloat16):
        text = f"\"{kernel}\" not implemented for '{x.dtype.legacy_name}'"
        raise NotImplementedError(with_hint(text, "convert first: x.float()."))


def _flat(values: Any) -> list[Any]:
    return [v for part in values for v in _flat(part)] if isinstance(values, list) else [values]


def hidden(x: Any) -> bool:
    """Whether values can't be looked at: inside of a function transform they stand for many, or for none yet."""
    return isinstance(x.device, LevelDevice)


def failures(op: Any, x: Any) -> list[int]:
    """For each matrix, where its elimination failed, counted from 1, or 0. This waits for the device."""
    if hidden(x):
        return []
    found = op(x.detach())
    return [int(i) for i in _flat((found[2] if isinstance(found, tuple) else found).tolist())]


def _first(name: str, x: Any, info: list[int], error: Exception) -> tuple[str, int]:
    """The start of a message, and the number, of the first matrix that failed; or the library's own error."""
    for i, failed in enumerate(info):
        if failed:
            return (f"{name}: (Batch element {i}): " if x.raw.ndim > 2 else f"{name}: "), failed
    raise error


_SINGULAR_HINT = "pinv() and lstsq() take singular matrices; a small multiple of the identity makes them regular."


def not_invertible(name: str, x: Any, info: list[int], error: Exception) -> LinAlgError:
    """PyTorch's error for the inverse of a singular matrix."""
    start, failed = _first(name, x, info, error)
    text = (
        f"{start}The diagonal element {failed} is zero, the inversion could not be completed because the input "
        "matrix is singular."
    )
    return LinAlgError(with_hint(text, _SINGULAR_HINT))


def not_solvable(name: str, x: Any, info: list[int], error: Exception) -> LinAlgError:
    """PyTorch's error for the equations of a singular matrix."""
    start, _ = _first(name, x, info, error)
    return LinAlgError(with_hint(f"{start}The solver failed because the input matrix is singular.", _SINGULAR_HINT))


def not_positive(name: str, x: Any, info: list[int], error: Exception) -> LinAlgError:
    """PyTorch's error for Cholesky's factors of a matrix that is not positive-definite."""
    start, failed = _first(name, x, info, error)
    text = (
        f"{start}The factorization could not be completed because the input is not positive-definite "
        f"(the leading minor of order {failed} is not positive-definite)."
    )
    return LinAlgError(with_hint(text, "a small multiple of the identity makes a covariance matrix positive-definite."))


def not_converged(name: str, x: Any, values: str, error: Exception) -> Exception:
    """PyTorch's error for an iteration that found no eigenvalues or singular values."""
    # What else goes wrong in a library, or that it lacks the function, is its own to tell.
    if hidden(x) or "LinAlg" not in type(error).__name__:
        raise error
    finite = all(_flat(ops.isfinite(x.detach()).tolist()))
    if not finite and name == "plugrad.linalg.eig":
        return RuntimeError(f"{name}: input tensor should not contain infs or NaNs.")
    if not finite:
        cause = "contained non-finite values."
    else:
        cause = f"is ill-conditioned or has too many repeated {values} (error code: 1)."
    return LinAlgError(f"{name}: The algorithm failed to converge because the input matrix {cause}")


def same_dtype(name: str, a: Any, b: Any, first: str = "A", second: str = "B") -> None:
    """Refuse two dtypes."""
    if a.dtype is not b.dtype:
        text = (
            f"{name}: Expected {first} and {second} to have the same dtype, but found {first} of type "
            f"{a.dtype.legacy_name} and {second} of type {b.dtype.legacy_name} instead"
        )
        raise RuntimeError(with_hint(text, f"convert one of them: x.to({a.dtype})."))


def fitting(name: str, a: Any, b: Any, left: bool = True) -> None:
    """Refuse right sides of another size than the equations'."""
    m, n = shape_of(a)[-2:]
    p, q = shape_of(b)[-2:]
    if (p if left else q) != m:
        equation = "AX = B" if left else "XA = B"
        text = f"{name}: Incompatible shapes of A and B for the equation {equation} ({m}x{n} and {p}x{q})"
        hint = f"A has {m} rows, B {p}." if left else f"A has {n} columns, B {q}."
        raise RuntimeError(with_hint(text, hint))
