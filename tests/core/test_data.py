"""Tensors from data: what they hold, whose memory it is, and what is refused."""

from __future__ import annotations

import array
import collections
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.support.library import AGAINST_TORCH, differs_from_torch, raises, torch, warns


class Arraylike:
    """What only has ``__array__``."""

    def __init__(self, values: Any) -> None:
        self.values = np.asarray(values)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return self.values


class Interface:
    """What only has ``__array_interface__``."""

    def __init__(self, values: Any) -> None:
        self.kept = np.asarray(values)
        self.__array_interface__ = self.kept.__array_interface__


class Exporter:
    """What only speaks DLPack."""

    def __init__(self, values: Any) -> None:
        self.kept = np.asarray(values)

    def __dlpack__(self, **options: Any) -> Any:
        return self.kept.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self.kept.__dlpack_device__()


class Sequence:
    def __len__(self) -> int:
        return 2

    def __getitem__(self, i: int) -> int:
        if i > 1:
            raise IndexError
        return 10 * i


Pair = collections.namedtuple("Pair", "first second")

DATA: dict[str, tuple[Callable[[], Any], str, Any]] = {
    "float": (lambda: 1.5, "float32", 1.5),
    "int": (lambda: 3, "int64", 3),
    "bool": (lambda: True, "bool", True),
    "complex": (lambda: 1 + 2j, "complex64", 1 + 2j),
    "mixed numbers": (lambda: [True, 2, 2.5], "float32", [1.0, 2.0, 2.5]),
    "bools and ints": (lambda: [True, 2], "int64", [1, 2]),
    "ints and complex": (lambda: [1, 2j], "complex64", [1, 2j]),
    "nested": (lambda: [(1, 2), [3, 4]], "int64", [[1, 2], [3, 4]]),
    "mixed rows": (lambda: [[1, 2], [3.5, 4]], "float32", [[1.0, 2.0], [3.5, 4.0]]),
    "range": (lambda: range(3), "int64", [0, 1, 2]),
    "rows of ranges": (lambda: [range(2), range(2)], "int64", [[0, 1], [0, 1]]),
    "deque": (lambda: collections.deque([1, 2]), "int64", [1, 2]),
    "array.array": (lambda: array.array("f", [1.5, 2.0]), "float32", [1.5, 2.0]),
    "bytearray": (lambda: bytearray(b"ab"), "int64", [97, 98]),
    "memoryview": (lambda: memoryview(b"ab"), "int64", [97, 98]),
    "named tuple": (lambda: Pair(1, 2), "int64", [1, 2]),
    "sequence of one's own": (Sequence, "int64", [0, 10]),
    "NumPy scalar": (lambda: np.float64(1.5), "float64", 1.5),
    "NumPy scalars": (lambda: [np.float32(1.5), 2.0], "float32", [1.5, 2.0]),
    "wide NumPy scalars": (lambda: [np.float64(1.5), 2.0], "float64", [1.5, 2.0]),
    "NumPy integers": (lambda: [np.int32(1), np.int32(2)], "int32", [1, 2]),
    "NumPy bool": (lambda: [np.bool_(True)], "bool", [True]),
    "tensors of no dimension": (lambda: [torch.tensor(1.5), 2], "float32", [1.5, 2.0]),
    "tensors in rows": (lambda: [[torch.tensor(1), 2], [3, torch.tensor(4)]], "int64", [[1, 2], [3, 4]]),
    "tensors of one element": (lambda: [torch.tensor([1.5]), torch.tensor([2.5])], "float32", [1.5, 2.5]),
    "array": (lambda: np.array([[1.5]]), "float64", [[1.5]]),
    "array of float16": (lambda: np.array([1.5], "float16"), "float16", [1.5]),
    "array of no dimension": (lambda: np.array(7, "uint8"), "uint8", 7),
    "array with steps": (lambda: np.arange(6)[::2], "int64", [0, 2, 4]),
    "matrix": (lambda: np.ma.array([1, 2]), "int64", [1, 2]),
    "DLPack": (lambda: Exporter([1.5, 2.5]), "float64", [1.5, 2.5]),
    "nothing": (list, "float32", []),
    "nothing in rows": (lambda: [[], []], "float32", [[], []]),
    "special floats": (lambda: [float("inf"), -0.0], "float32", [float("inf"), -0.0]),
}


@pytest.mark.parametrize(("make", "dtype", "values"), DATA.values(), ids=DATA)
def test_data_has_its_dtype_shape_and_values(make: Callable[[], Any], dtype: str, values: Any) -> None:
    x = torch.tensor(make())
    assert x.dtype is getattr(torch, dtype)
    assert x.tolist() == values
    assert tuple(x.shape) == np.shape(values)
    assert x.is_leaf
    assert not x.requires_grad


OURS: dict[str, tuple[Callable[[], Any], str, Any]] = {
    "__array__": (lambda: Arraylike([1.5, 2.5]), "float64", [1.5, 2.5]),
    "__array_interface__": (lambda: Interface([1, 2]), "int64", [1, 2]),
    "negative strides": (lambda: np.arange(3)[::-1], "int64", [2, 1, 0]),
    "list of arrays": (
        lambda: [np.array([1, 2], "int8"), np.array([3, 4], "int16")],
        "int16",
        [[1, 2], [3, 4]],
    ),
    "other byte order": (lambda: np.array([1.5], ">f4"), "float32", [1.5]),
}


@differs_from_torch("PyTorch refuses these though they are copied, or warns")
@pytest.mark.parametrize(("make", "dtype", "values"), OURS.values(), ids=OURS)
def test_more_data(make: Callable[[], Any], dtype: str, values: Any) -> None:
    x = torch.tensor(make())
    assert x.dtype is getattr(torch, dtype)
    assert x.tolist() == values


CONVERTED: dict[str, tuple[Any, str, Any]] = {
    "ints to float": ([1, 2], "float64", [1.0, 2.0]),
    "floats truncated": ([1.7, -1.7], "int64", [1, -1]),
    "truth": ([2, 0, 0.5], "bool", [True, False, True]),
    "truth of a large integer": ([2**70], "bool", [True]),
    "truth of complex": ([0j, 1j], "bool", [False, True]),
    "wraps below zero": ([-1, -255], "uint8", [255, 1]),
    "too large a float": ([1e6], "float16", [float("inf")]),
    "large integer in floats": ([2**70], "float32", [2.0**70]),
    "largest": ([2**64 - 1], "uint64", [2**64 - 1]),
    "number": (3, "float32", 3.0),
    "array": (np.array([300, -1]), "uint8", [44, 255]),
}


@pytest.mark.parametrize(("data", "dtype", "values"), CONVERTED.values(), ids=CONVERTED)
def test_dtype_converts(data: Any, dtype: str, values: Any) -> None:
    x = torch.tensor(data, dtype=getattr(torch, dtype))
    assert x.dtype is getattr(torch, dtype)
    assert x.tolist() == values


@pytest.mark.parametrize(
    ("python", "name"), [(float, "float64"), (int, "int64"), (bool, "bool"), (complex, "complex128")]
)
def test_python_types_are_dtypes(python: type, name: str) -> None:
    assert torch.zeros(1, dtype=python).dtype is getattr(torch, name)


Refused = tuple[type[Exception], str, Callable[[], Any]]

REFUSED: dict[str, Refused] = {
    "too large": (ValueError, "Overflow when unpacking long long", lambda: torch.tensor([2**63])),
    "too large for int32": (
        RuntimeError,
        "value cannot be converted to type int32 without overflow",
        lambda: torch.tensor([2**40], dtype=torch.int32),
    ),
    "too small for uint8": (
        RuntimeError,
        "value cannot be converted to type uint8 without overflow",
        lambda: torch.tensor([-300], dtype=torch.uint8),
    ),
    "float too large for uint8": (
        RuntimeError,
        "value cannot be converted to type uint8 without overflow",
        lambda: torch.tensor([300.5], dtype=torch.uint8),
    ),
    "nan as integer": (
        RuntimeError,
        "value cannot be converted to type int64 without overflow",
        lambda: torch.tensor([float("nan")], dtype=torch.int64),
    ),
    "negative uint64": (
        OverflowError,
        "can't convert negative int to unsigned",
        lambda: torch.tensor([-1], dtype=torch.uint64),
    ),
    "too large for uint64": (
        OverflowError,
        "int too big to convert",
        lambda: torch.tensor([2**64], dtype=torch.uint64),
    ),
    "complex as float": (
        TypeError,
        "must be real number, not complex",
        lambda: torch.tensor([1j], dtype=torch.float32),
    ),
    "complex as int": (
        TypeError,
        "'complex' object cannot be interpreted as an integer",
        lambda: torch.tensor([1j], dtype=torch.int64),
    ),
    "row after number": (
        TypeError,
        "'list' object cannot be interpreted as an integer",
        lambda: torch.tensor([1, [2]]),
    ),
    "number after row": (TypeError, "not a sequence", lambda: torch.tensor([[1], 2])),
    "None inside": (RuntimeError, "Could not infer dtype of NoneType", lambda: torch.tensor([1, None])),
    "string inside": (TypeError, "new(): invalid data type 'str'", lambda: torch.tensor([1, "a"])),
    "strings": (ValueError, "too many dimensions 'str'", lambda: torch.tensor(["a"])),
    "bytes": (TypeError, "new(): invalid data type 'bytes'", lambda: torch.tensor(b"ab")),
    "dict": (RuntimeError, "Could not infer dtype of dict", lambda: torch.tensor({1: 2})),
    "object": (RuntimeError, "Could not infer dtype of object", lambda: torch.tensor(object())),
    "generator": (
        RuntimeError,
        "Could not infer dtype of generator",
        lambda: torch.tensor(x for x in range(3)),
    ),
    "tensors of several elements": (
        ValueError,
        "only one element tensors can be converted to Python scalars",
        lambda: torch.tensor([torch.ones(2), torch.ones(2)]),
    ),
    "array of dates": (
        TypeError,
        "can't convert np.ndarray of type numpy.datetime64. The only supported types are: float64, float32, "
        "float16, complex64, complex128, int64, int32, int16, int8, uint64, uint32, uint16, uint8, and bool.",
        lambda: torch.tensor(np.array([1], "M8[s]")),
    ),
    "dtype by name": (
        TypeError,
        "tensor(): argument 'dtype' must be torch.dtype, not str",
        lambda: torch.tensor(1, dtype="float32"),
    ),
    "requires_grad is no bool": (
        TypeError,
        "tensor(): argument 'requires_grad' must be bool, not int",
        lambda: torch.tensor(1.0, requires_grad=1),
    ),
    "integers that require gradients": (
        RuntimeError,
        "Only Tensors of floating point and complex dtype can require gradients",
        lambda: torch.tensor([1], requires_grad=True),
    ),
    "zeros of integers that require gradients": (
        RuntimeError,
        "Only Tensors of floating point and complex dtype can require gradients",
        lambda: torch.zeros(2, dtype=torch.int64, requires_grad=True),
    ),
    "NumPy scalar is no array": (
        TypeError,
        "expected np.ndarray (got numpy.float32)",
        lambda: torch.from_numpy(np.float32(1)),
    ),
    "byte order": (
        ValueError,
        "given numpy array has byte order different from the native byte order. Conversion between byte "
        "orders is currently not supported.",
        lambda: torch.from_numpy(np.array([1.0], ">f4")),
    ),
    "alias of another dtype": (
        ValueError,
        "can't alias tensor with dtype 'Long' into dtype 'Float'.",
        lambda: torch.asarray(np.array([1]), dtype=torch.float32, copy=False),
    ),
    "alias of a list": (
        ValueError,
        "can't alias arbitrary sequence into a tensor.",
        lambda: torch.asarray([1, 2], copy=False),
    ),
}


@pytest.mark.parametrize(("kind", "text", "mistake"), REFUSED.values(), ids=REFUSED)
def test_mistake_raises_what_pytorch_raises(kind: type[Exception], text: str, mistake: Callable[[], Any]) -> None:
    with raises(kind, text):
        mistake()


@differs_from_torch("PyTorch drops the 1")
def test_nothing_beside_something_is_ragged() -> None:
    with pytest.raises(ValueError, match=r"expected sequence of length 0 at dim 1 \(got 1\)"):
        torch.tensor([[], [1]])


def test_tensor_copies() -> None:
    source = np.zeros(2)
    x = torch.tensor(source)
    source[0] = 1
    assert x.tolist() == [0, 0]


@pytest.mark.parametrize("make", [torch.from_numpy, torch.as_tensor, torch.asarray, torch.from_dlpack])
def test_arrays_share_memory(make: Callable[[Any], Any]) -> None:
    source = np.zeros(2)
    x = make(source)
    source[0] = 1
    assert x.tolist() == [1, 0]
    x += 1
    assert source.tolist() == [2, 1]


def test_another_dtype_is_a_copy() -> None:
    source = np.zeros(2)
    x = torch.as_tensor(source, dtype=torch.float32)
    source[0] = 1
    assert x.tolist() == [0, 0]


def test_as_tensor_returns_the_tensor_itself() -> None:
    x = torch.ones(2, requires_grad=True)
    assert torch.as_tensor(x) is x
    y = torch.as_tensor(x, dtype=torch.float64)
    y.sum().backward()
    assert x.grad.tolist() == [1, 1]


def test_asarray_copies_on_demand() -> None:
    source = np.zeros(2)
    assert torch.asarray(source, copy=True).data_ptr() != source.ctypes.data
    assert torch.asarray(source, copy=False).data_ptr() == source.ctypes.data
    x = torch.ones(2, requires_grad=True)
    assert not torch.asarray(x, requires_grad=False).requires_grad
    assert torch.asarray(1.0, requires_grad=True).requires_grad


@pytest.mark.skipif(AGAINST_TORCH, reason="PyTorch warns once per process, and then writes")
def test_read_only_array_is_not_written() -> None:
    source = np.zeros(2)
    source.flags.writeable = False
    with warns(UserWarning, "The given NumPy array is not writable"):
        x = torch.from_numpy(source)
    with pytest.raises(ValueError, match="read-only"):
        x.add_(1)
    assert x._version == 0
    assert torch.tensor(source).add_(1).tolist() == [1, 1]


@pytest.mark.skipif(AGAINST_TORCH, reason="PyTorch's gradient is silently wrong")
@pytest.mark.parametrize("size", [3, 5000, 100_000], ids=["small", "medium", "large"])
@pytest.mark.parametrize(
    "shaped", [lambda x: x, lambda x: x.reshape(-1, 1), lambda x: x[::2]], ids=["itself", "reshaped", "view"]
)
def test_changed_buffer_is_found_by_backward(size: int, shaped: Callable[[Any], Any]) -> None:
    source = np.ones(4 * size)
    x = shaped(torch.from_numpy(source))
    w = torch.ones(1, dtype=torch.float64, requires_grad=True)
    y = (x * w).sum()
    source += 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()
    assert w.grad is None


@pytest.mark.skipif(AGAINST_TORCH, reason="PyTorch does not look")
def test_one_changed_element_of_a_batch_is_found() -> None:
    source = np.ones((64, 64), np.float32)
    w = torch.ones(64, 1, requires_grad=True)
    y = (torch.as_tensor(source) @ w).sum()
    source[17, 5] = 2
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_buffer_may_change_before_and_after() -> None:
    source = np.ones(3)
    x = torch.from_numpy(source)
    w = torch.ones(3, dtype=torch.float64, requires_grad=True)
    for i in range(3):
        source[:] = i
        (x * w).sum().backward()
    assert w.grad.tolist() == [3, 3, 3]
    y = (x + w).sum()  # saves nothing of x
    source[:] = 7
    y.backward()
    assert w.grad.tolist() == [4, 4, 4]


def test_changes_through_the_tensor_are_counted_once_or_more() -> None:
    x = torch.from_numpy(np.ones(3))
    w = torch.ones(3, dtype=torch.float64, requires_grad=True)
    y = (x * w).sum()
    x.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()
    (x * w).sum().backward()
    assert w.grad.tolist() == [2, 2, 2]


def test_in_place_history_of_shared_memory() -> None:
    x = torch.from_numpy(np.array([1.0, 2.0]))
    w = torch.tensor([3.0, 4.0], dtype=torch.float64, requires_grad=True)
    x.mul_(w)
    x.exp_()
    x.sum().backward()
    np.testing.assert_allclose(w.grad.tolist(), np.array([1.0, 2.0]) * np.exp([3.0, 8.0]))
