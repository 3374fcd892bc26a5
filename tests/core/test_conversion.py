"""Tensors as Python's numbers, as NumPy's arrays, in other dtypes and on other devices."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.conftest import load_plugin
from tests.support.library import AGAINST_TORCH, NAME, raises, torch, warns

ours = pytest.mark.skipif(AGAINST_TORCH, reason="plugrad's devices and protocols")


def test_item_and_tolist_are_pythons_numbers() -> None:
    for value in (True, 3, 2.5, 1 + 2j):
        x = torch.tensor(value)
        assert x.item() == x.tolist() == value
        assert type(x.item()) is type(x.tolist()) is type(value)
    assert torch.tensor([[2.5]]).item() == 2.5
    assert torch.tensor([[1, 2], [3, 4]]).tolist() == [[1, 2], [3, 4]]
    assert torch.zeros(2, 0).tolist() == [[], []]
    assert torch.tensor([1.5], requires_grad=True).tolist() == [1.5]


def test_python_conversions() -> None:
    assert float(torch.tensor([[2.5]])) == 2.5
    assert int(torch.tensor(-2.7)) == -2
    assert complex(torch.tensor(1.0)) == 1
    assert bool(torch.tensor([[0.0]])) is False
    assert bool(torch.tensor(1j)) is True
    assert [10, 20, 30][torch.tensor(2)] == 30
    assert [10, 20][torch.tensor(True)] == 20
    assert list(range(5))[torch.tensor(1) : torch.tensor([3])] == [1, 2]


REFUSED: dict[str, tuple[type[Exception], str, Callable[[], Any]]] = {
    "item of many": (
        RuntimeError,
        "a Tensor with 2 elements cannot be converted to Scalar",
        lambda: torch.ones(2).item(),
    ),
    "item of none": (
        RuntimeError,
        "a Tensor with 0 elements cannot be converted to Scalar",
        lambda: torch.ones(0).item(),
    ),
    "float of many": (
        ValueError,
        "only one element tensors can be converted to Python scalars",
        lambda: float(torch.ones(2)),
    ),
    "int of none": (
        ValueError,
        "only one element tensors can be converted to Python scalars",
        lambda: int(torch.ones(0)),
    ),
    "int of nan": (
        ValueError,
        "cannot convert float NaN to integer",
        lambda: int(torch.tensor(float("nan"))),
    ),
    "float of complex": (
        RuntimeError,
        "value cannot be converted to type double without overflow",
        lambda: float(torch.tensor(1j)),
    ),
    "bool of many": (
        RuntimeError,
        "Boolean value of Tensor with more than one value is ambiguous",
        lambda: bool(torch.ones(2)),
    ),
    "bool of none": (
        RuntimeError,
        "Boolean value of Tensor with no values is ambiguous",
        lambda: bool(torch.ones(0)),
    ),
    "index of a float": (
        TypeError,
        "only integer tensors of a single element can be converted to an index",
        lambda: [1, 2][torch.tensor(1.0)],
    ),
    "index of many": (
        TypeError,
        "only integer tensors of a single element can be converted to an index",
        lambda: [1, 2][torch.tensor([0, 1])],
    ),
    "numpy of a variable": (
        RuntimeError,
        "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.",
        lambda: torch.ones(2, requires_grad=True).numpy(),
    ),
    "array of a variable": (
        RuntimeError,
        "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.",
        lambda: np.asarray(torch.ones(2, requires_grad=True)),
    ),
    "DLPack of a variable": (
        BufferError,
        "Can't export tensors that require gradient, use tensor.detach()",
        lambda: np.from_dlpack(torch.ones(2, requires_grad=True)),
    ),
    "type of another kind": (ValueError, "invalid type: 'foo'", lambda: torch.ones(2).type("foo")),
    "numel of a number": (
        TypeError,
        "numel(): argument 'input' (position 1) must be Tensor, not int",
        lambda: torch.numel(1),
    ),
    "is_floating_point of a number": (
        TypeError,
        "is_floating_point(): argument 'input' (position 1) must be Tensor, not int",
        lambda: torch.is_floating_point(1),
    ),
    "is_nonzero of many": (
        RuntimeError,
        "Boolean value of Tensor with more than one value is ambiguous",
        lambda: torch.is_nonzero(torch.ones(2)),
    ),
    "cast between numbers": (
        TypeError,
        "can_cast(): argument 'from_' (position 1) must be torch.dtype, not int",
        lambda: torch.can_cast(1, 2),
    ),
    "promotion of numbers": (
        TypeError,
        "promote_types(): argument 'type1' (position 1) must be torch.dtype, not int",
        lambda: torch.promote_types(1, 2),
    ),
    "finfo of integers": (
        TypeError,
        "torch.finfo() requires a floating point input type. Use torch.iinfo to handle 'torch.finfo'",
        lambda: torch.finfo(torch.int32),
    ),
    "iinfo of floats": (
        TypeError,
        "torch.iinfo() requires an integer input type. Use torch.finfo to handle 'torch.iinfo'",
        lambda: torch.iinfo(torch.float32),
    ),
}


@pytest.mark.parametrize(("kind", "text", "mistake"), REFUSED.values(), ids=REFUSED)
def test_mistake_raises_what_pytorch_raises(kind: type[Exception], text: str, mistake: Callable[[], Any]) -> None:
    with raises(kind, text):
        mistake()


def test_to_takes_no_device_after_a_dtype() -> None:
    with pytest.raises(TypeError, match=r"to\(\) received an invalid combination of arguments"):
        torch.ones(2).to(torch.float64, "cpu")


@pytest.mark.skipif(AGAINST_TORCH, reason="PyTorch warns once per process")
def test_number_of_a_variable_warns() -> None:
    x = torch.ones(1, requires_grad=True)
    with warns(
        UserWarning,
        "Converting a tensor with requires_grad=True to a scalar may lead to unexpected behavior.",
    ):
        assert float(x) == 1
    assert x.item() == 1


def test_numpy_shares_memory() -> None:
    x = torch.zeros(3)
    array = x.numpy()
    assert array.dtype == np.float32
    array[0] = 1
    x[1] = 2
    assert x.tolist() == array.tolist() == [1, 2, 0]
    scalar = torch.tensor(1.5)
    number = scalar.numpy()
    number[...] = 2
    assert scalar.item() == 2
    with warnings.catch_warnings():
        # NumPy 2.5 advises against it; the tensor must not follow all the same.
        warnings.simplefilter("ignore", DeprecationWarning)
        array.shape = (3, 1)
    assert tuple(x.shape) == (3,)
    assert torch.ones(2, requires_grad=True).numpy(force=True).tolist() == [1, 1]


def test_array_protocol() -> None:
    x = torch.tensor([1.5, 2.5])
    assert np.asarray(x).dtype == np.float32
    assert np.asarray(x, dtype=np.int32).tolist() == [1, 2]
    assert np.array([x, x]).shape == (2, 2)
    assert np.allclose(x, [1.5, 2.5])
    assert np.from_dlpack(x).tolist() == [1.5, 2.5]


@ours
def test_array_protocol_copies_on_demand() -> None:
    x = torch.zeros(2)
    assert np.array(x, copy=True).ctypes.data != x.data_ptr()
    assert np.array(x, copy=False).ctypes.data == x.data_ptr()
    with pytest.raises(ValueError, match="copy"):
        np.array(x, dtype=np.float64, copy=False)
    assert np.sin(x).tolist() == [0, 0]
    assert torch.is_tensor(np.sin(x))


CASTS = {
    "float": "float32", "double": "float64", "half": "float16", "int": "int32", "long": "int64", "short": "int16",
    "byte": "uint8", "char": "int8", "bool": "bool", "cfloat": "complex64", "cdouble": "complex128",
}  # fmt: skip


@pytest.mark.parametrize(("method", "dtype"), CASTS.items())
def test_casts(method: str, dtype: str) -> None:
    x = torch.tensor([0.0, 1.5], dtype=torch.float64)
    y = getattr(x, method)()
    assert y.dtype is getattr(torch, dtype)
    assert getattr(y, method)() is y
    assert y.tolist() == torch.tensor([0.0, 1.5], dtype=y.dtype).tolist()


def test_to_in_all_its_forms() -> None:
    x = torch.tensor([1.5, 2.5])
    assert x.to() is x.to("cpu") is x.to(torch.float32) is x.to(x) is x.to(None) is x
    assert x.to(device="cpu", dtype=torch.float32, non_blocking=True) is x
    for y in (x.to(torch.float64), x.to(float), x.to("cpu", torch.float64), x.to(dtype=torch.float64)):
        assert y.dtype is torch.float64
    assert x.to(torch.tensor([1])).tolist() == [1, 2]
    assert x.type_as(torch.tensor([1])).dtype is torch.int64
    copied = x.to(torch.float32, copy=True)
    copied[0] = 9
    assert x[0].item() == 1.5
    assert x.to(torch.float32, False, True) is not x
    assert x.type() == f"{NAME}.FloatTensor"
    assert x.type(torch.float64).dtype is x.type(f"{NAME}.DoubleTensor").dtype is torch.float64
    assert x.cpu() is x


def test_casts_between_floats_keep_the_graph_and_integers_end_it() -> None:
    x = torch.tensor([1.5, 2.5], requires_grad=True)
    y = x.double()
    assert type(y.grad_fn).__name__ == "ToCopyBackward0"
    (y * 3).sum().backward()
    assert x.grad.dtype is torch.float32
    assert x.grad.tolist() == [3, 3]
    for method in ("int", "long", "byte", "bool"):
        z = getattr(x, method)()
        assert not z.requires_grad
        assert z.grad_fn is None
    assert x.to(torch.float32, copy=True).requires_grad
    with torch.no_grad():
        assert not x.double().requires_grad


def test_cast_of_a_cast_has_a_second_derivative() -> None:
    x = torch.tensor([2.0], requires_grad=True)
    y = (x.double() ** 3).float()
    (g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    g.sum().backward()
    assert g.tolist() == [12]
    assert x.grad.tolist() == [12]


def test_questions() -> None:
    x = torch.ones(2, 3)
    assert torch.is_tensor(x)
    assert not torch.is_tensor(np.ones(2))
    assert torch.numel(x) == 6
    assert torch.is_floating_point(x)
    assert not torch.is_floating_point(x.long())
    assert torch.is_complex(x.cfloat())
    assert torch.is_signed(x)
    assert not torch.is_signed(x.byte())
    assert torch.is_nonzero(torch.tensor([2]))
    assert x.get_device() == -1


def test_result_types_and_casts() -> None:
    ints, floats = torch.tensor([1]), torch.ones(1, dtype=torch.float64)
    assert torch.result_type(ints, 1.5) is torch.float32
    assert torch.result_type(ints, floats) is torch.float64
    assert torch.result_type(floats, 1j) is torch.complex128
    assert torch.result_type(1, 2) is torch.int64
    assert torch.can_cast(torch.float64, torch.float16)
    assert torch.can_cast(torch.int64, torch.uint8)
    assert not torch.can_cast(torch.float64, torch.int64)
    assert not torch.can_cast(torch.int32, torch.bool)


@pytest.mark.parametrize("name", ["float16", "float32", "float64", "complex64"])
def test_finfo(name: str) -> None:
    info, expected = torch.finfo(getattr(torch, name)), np.finfo(name)
    assert info.bits == expected.bits
    for field in ("eps", "max", "min", "tiny", "smallest_normal", "resolution"):
        assert getattr(info, field) == pytest.approx(float(getattr(expected, field)), rel=1e-3)
    assert info == torch.finfo(getattr(torch, name))
    assert repr(torch.finfo(torch.float32)) == (
        "finfo(resolution=1e-06, min=-3.40282e+38, max=3.40282e+38, eps=1.19209e-07, "
        "smallest_normal=1.17549e-38, tiny=1.17549e-38, dtype=float32)"
    )


@pytest.mark.parametrize("name", ["uint8", "int8", "int16", "int32", "int64"])
def test_iinfo(name: str) -> None:
    info, expected = torch.iinfo(getattr(torch, name)), np.iinfo(name)
    assert (info.bits, info.min, info.max) == (expected.bits, expected.min, expected.max)
    assert info.dtype == name


@ours
@pytest.mark.parametrize("name", ["loopback", "strict", "strict:1"])
def test_gradient_goes_back_to_the_device_it_came_from(name: str) -> None:
    load_plugin(name.partition(":")[0])
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x.to(name)
    assert y.device.type == name.partition(":")[0]
    assert type(y.grad_fn).__name__ == "ToCopyBackward0"
    weights = torch.tensor([3.0, 4.0], device=name, requires_grad=True)
    (y * weights).sum().cpu().backward()
    assert (x.grad.device.type, x.grad.tolist()) == ("cpu", [3, 4])
    assert (weights.grad.device, weights.grad.tolist()) == (y.device, [1, 2])
    (g,) = torch.autograd.grad((x.to(name) ** 3).sum(), x, create_graph=True)
    x.grad = None
    g.sum().backward()
    assert x.grad.tolist() == [6, 12]


@ours
def test_hooks_on_a_copy_see_gradients_where_they_are() -> None:
    from plugrad.core import hooks

    load_plugin("loopback")
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x.to("loopback")
    seen: list[Any] = []
    y.register_hook(lambda grad: seen.append((grad.device.type, grad.tolist())))
    hooks.of_node(y.grad_fn).after[0] = lambda outgoing, incoming: seen.append(
        (outgoing[0].device.type, incoming[0].device.type, outgoing[0].tolist())
    )
    (y * 2).sum().backward()
    assert seen == [("loopback", [2, 2]), ("cpu", "loopback", [2, 2])]


@ours
@pytest.mark.parametrize("name", ["loopback", "strict"])
def test_copies_between_devices_share_nothing(name: str) -> None:
    load_plugin(name)
    x = torch.zeros(2)
    y = x.to(name)
    x[0] = 1
    z = y.cpu()
    y += 5
    assert (x.tolist(), y.tolist(), z.tolist()) == ([1, 0], [5, 5], [0, 0])
    assert y.to(name) is y.to_device(y.device) is y
    both = x.to(name, torch.float64)
    assert (both.device.type, both.dtype) == (name, torch.float64)
    assert both.to(x).dtype is torch.float32


@ours
def test_tensors_elsewhere_are_no_numpy_arrays() -> None:
    load_plugin("loopback")
    x = torch.ones(2, device="loopback")
    for convert in (x.numpy, lambda: np.asarray(x)):
        with raises(
            TypeError,
            "can't convert loopback device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host "
            "memory first.",
        ):
            convert()
    array = x.numpy(force=True)
    array[0] = 7
    assert x.tolist() == [1, 1]
    assert x.type() == "plugrad.loopback.FloatTensor"
    assert x[0].item() == 1
    assert x.get_device() == 0


@ours
def test_dtype_that_a_backend_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    known = torch.ones(1).device.backend.dtypes
    monkeypatch.delitem(known, torch.int16)
    with pytest.raises(TypeError, match=r"backend 'numpy' has no plugrad\.int16\nHint: it has bool, uint8"):
        torch.ones(2).short()
    with pytest.raises(TypeError, match=r"backend 'numpy' has no plugrad\.int16"):
        torch.zeros(1, dtype=torch.int16)
