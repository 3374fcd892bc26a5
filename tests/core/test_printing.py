"""repr, str and format of tensors, and the options of printing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conftest import load_plugin
from tests.support.library import AGAINST_TORCH, NAME, torch

# What PyTorch 2.13 prints.
PRINTED: dict[str, tuple[Callable[[], Any], str]] = {
    "whole floats": (lambda: torch.tensor([1.0, -2.0, 30.0]), "tensor([ 1., -2., 30.])"),
    "fractions": (
        lambda: torch.tensor([[0.1, -12.5], [100.25, 4.0]]),
        """\
tensor([[ 1.0000e-01, -1.2500e+01],
        [ 1.0025e+02,  4.0000e+00]])""",
    ),
    "columns of integers": (
        lambda: torch.tensor([[1, -1], [100, 10000]]),
        """\
tensor([[    1,    -1],
        [  100, 10000]])""",
    ),
    "booleans": (lambda: torch.tensor([True, False]), "tensor([ True, False])"),
    "no dimension": (lambda: torch.tensor(2.5), "tensor(2.5000)"),
    "integer of no dimension": (lambda: torch.tensor(7), "tensor(7)"),
    "special": (
        lambda: torch.tensor([float("nan"), float("inf"), -0.0, 1.5]),
        "tensor([   nan,    inf, -0.0000, 1.5000])",
    ),
    "only nan": (lambda: torch.tensor([float("nan"), 0.0]), "tensor([nan, 0.])"),
    "scientific, small": (lambda: torch.tensor([1e-5, 1.0]), "tensor([1.0000e-05, 1.0000e+00])"),
    "scientific, large": (lambda: torch.tensor([1.5e8, 2.0]), "tensor([1.5000e+08, 2.0000e+00])"),
    "ratio of a thousand": (lambda: torch.tensor([0.001, 1.0]), "tensor([0.0010, 1.0000])"),
    "just over a thousand": (lambda: torch.tensor([0.001, 1.0001]), "tensor([1.0000e-03, 1.0001e+00])"),
    "smallest float64": (
        lambda: torch.tensor([5e-324, 1e308], dtype=torch.float64),
        "tensor([4.9407e-324, 1.0000e+308], dtype=torch.float64)",
    ),
    "float16": (
        lambda: torch.tensor([0.5, 1.0], dtype=torch.float16),
        "tensor([0.5000, 1.0000], dtype=torch.float16)",
    ),
    "uint8": (lambda: torch.tensor([3, 200], dtype=torch.uint8), "tensor([  3, 200], dtype=torch.uint8)"),
    "complex": (lambda: torch.tensor([1.5 - 2j, -1j]), "tensor([1.5000-2.j, -0.0000-1.j])"),
    "complex128": (
        lambda: torch.tensor(1 + 2j, dtype=torch.complex128),
        "tensor(1.+2.j, dtype=torch.complex128)",
    ),
    "empty": (lambda: torch.tensor([]), "tensor([])"),
    "empty matrix": (lambda: torch.zeros(0, 3), "tensor([], size=(0, 3))"),
    "empty integers": (
        lambda: torch.zeros(2, 0, dtype=torch.int64),
        "tensor([], size=(2, 0), dtype=torch.int64)",
    ),
    "leaf": (lambda: torch.tensor([1.0], requires_grad=True), "tensor([1.], requires_grad=True)"),
    "computed": (lambda: torch.tensor([1.0], requires_grad=True) + 1, "tensor([2.], grad_fn=<AddBackward0>)"),
    "wrapped": (
        lambda: torch.arange(24) * 1000,
        """\
tensor([    0,  1000,  2000,  3000,  4000,  5000,  6000,  7000,  8000,  9000,
        10000, 11000, 12000, 13000, 14000, 15000, 16000, 17000, 18000, 19000,
        20000, 21000, 22000, 23000])""",
    ),
    "wrapped with a suffix": (
        lambda: torch.arange(0.5, 9.5, dtype=torch.float64),
        """\
tensor([0.5000, 1.5000, 2.5000, 3.5000, 4.5000, 5.5000, 6.5000, 7.5000, 8.5000],
       dtype=torch.float64)""",
    ),
    "three dimensions": (
        lambda: torch.arange(8.0).reshape(2, 2, 2),
        """\
tensor([[[0., 1.],
         [2., 3.]],

        [[4., 5.],
         [6., 7.]]])""",
    ),
    "summary": (lambda: torch.arange(1001), "tensor([   0,    1,    2,  ...,  998,  999, 1000])"),
    "summary of a matrix": (
        lambda: torch.arange(1400.0).reshape(20, 70) / 7,
        """\
tensor([[0.0000e+00, 1.4286e-01, 2.8571e-01,  ..., 9.5714e+00, 9.7143e+00,
         9.8571e+00],
        [1.0000e+01, 1.0143e+01, 1.0286e+01,  ..., 1.9571e+01, 1.9714e+01,
         1.9857e+01],
        [2.0000e+01, 2.0143e+01, 2.0286e+01,  ..., 2.9571e+01, 2.9714e+01,
         2.9857e+01],
        ...,
        [1.7000e+02, 1.7014e+02, 1.7029e+02,  ..., 1.7957e+02, 1.7971e+02,
         1.7986e+02],
        [1.8000e+02, 1.8014e+02, 1.8029e+02,  ..., 1.8957e+02, 1.8971e+02,
         1.8986e+02],
        [1.9000e+02, 1.9014e+02, 1.9029e+02,  ..., 1.9957e+02, 1.9971e+02,
         1.9986e+02]])""",
    ),
    "summary of one long dimension": (
        lambda: torch.zeros(2, 600),
        """\
tensor([[0., 0., 0.,  ..., 0., 0., 0.],
        [0., 0., 0.,  ..., 0., 0., 0.]])""",
    ),
}


@pytest.fixture(autouse=True)
def default_options() -> Iterator[None]:
    yield
    torch.set_printoptions(profile="default")


@pytest.mark.parametrize(("make", "text"), PRINTED.values(), ids=PRINTED)
def test_prints_what_pytorch_prints(make: Callable[[], Any], text: str) -> None:
    expected = text.replace("=torch.", f"={NAME}.")
    assert repr(make()) == expected
    assert str(make()) == expected


OPTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "precision": ({"precision": 1}, "tensor([0.3, 1.0, 2.7])"),
    "always scientific": ({"sci_mode": True, "precision": 1}, "tensor([3.3e-01, 1.0e+00, 2.7e+00])"),
    "threshold": ({"threshold": 2, "edgeitems": 1}, "tensor([0.3333,  ..., 2.6667])"),
    "narrow": ({"linewidth": 18}, "tensor([0.3333,\n        1.0000,\n        2.6667])"),
    "short": ({"profile": "short"}, "tensor([0.33, 1.00, 2.67])"),
    "no edges": ({"threshold": 2, "edgeitems": 0}, "tensor([...], size=(3,))"),
}


@pytest.mark.parametrize(("options", "text"), OPTIONS.values(), ids=OPTIONS)
def test_options(options: dict[str, Any], text: str) -> None:
    x = torch.tensor([1 / 3, 1.0, 8 / 3])
    torch.set_printoptions(**options)
    assert repr(x) == text
    torch.set_printoptions(profile="default")
    assert repr(x) == "tensor([0.3333, 1.0000, 2.6667])"


def test_full_profile_shows_everything() -> None:
    torch.set_printoptions(profile="full")
    assert "..." not in repr(torch.arange(3000))


@pytest.mark.skipif(AGAINST_TORCH, reason="PyTorch ignores it")
def test_unknown_profile() -> None:
    with pytest.raises(ValueError, match="default, short, full"):
        torch.set_printoptions(profile="fancy")


def test_numbers_format_as_numbers() -> None:
    assert f"{torch.tensor(2.5):.3f}" == "2.500"
    assert f"{torch.tensor(7):>4d}" == "   7"
    assert f"{torch.tensor(0.1, dtype=torch.float64)}" == "0.1"
    assert f"{torch.tensor(True)}" == "True"
    assert f"{torch.ones(2, requires_grad=True).sum():.1f}" == "2.0"
    assert f"{torch.tensor([1.5])}" == "tensor([1.5000])"
    with pytest.raises(TypeError, match=r"unsupported format string passed to Tensor\.__format__"):
        f"{torch.tensor([1.5]):.2f}"


def test_parameters_and_subclasses() -> None:
    assert repr(torch.nn.Parameter(torch.ones(2))) == "Parameter containing:\ntensor([1., 1.], requires_grad=True)"
    assert repr(torch.nn.Buffer(torch.ones(2))) == "tensor([1., 1.])"


@pytest.mark.skipif(AGAINST_TORCH, reason="plugrad's devices")
def test_device_is_named_and_only_the_edges_are_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = load_plugin("loopback")
    moved = []
    to_host = backend.to_host
    x = torch.zeros(300, 5, 400, device="loopback")
    monkeypatch.setattr(backend, "to_host", lambda raw: moved.append(raw.shape) or to_host(raw))
    assert repr(x).endswith(", device='loopback')")
    assert moved == [(6, 5, 6)]
    moved.clear()
    assert repr(x[0, 0, :3]) == "tensor([0., 0., 0.], device='loopback')"
    assert moved == [(3,)]
