"""Complex gradients beside PyTorch's: in leaves, results, hooks and Functions, to the second order."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from tests.oracle.harness import ours, real


def leaf(lib: Any, values: list[complex], dtype: str = "complex128") -> Any:
    return lib.tensor(values, dtype=getattr(lib, dtype), requires_grad=True)


def everywhere(lib: Any) -> list[Any]:
    """Every place where a user meets a gradient, in one graph of complex and real leaves."""
    seen: list[Any] = []
    x = leaf(lib, [1 + 2j, 3 - 1j, -1j])
    r = leaf(lib, [1.0, 2.0, 3.0], "float64")

    class Square(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, a: Any) -> Any:
            ctx.save_for_backward(a)
            return a * a

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (a,) = ctx.saved_tensors
            seen.append(g)
            return g * 2 * a.conj()

    z = x * r
    z.retain_grad()
    z.register_hook(lambda g: seen.append(g) or g * (1 + 1j))
    x.register_hook(lambda g: seen.append(g))
    y = Square.apply(z)
    loss = (y * y.abs()).sum()
    seed = lib.tensor(1 - 2j, dtype=lib.complex128)
    first = lib.autograd.grad(loss, (x, r), seed, create_graph=True)
    seen += first
    seen += lib.autograd.grad((first[0].abs() ** 2).sum() + first[1].sum(), (x, r), retain_graph=True)
    loss.backward(seed, retain_graph=True)
    seen += [g.detach().clone() for g in (x.grad, r.grad, z.grad)]
    loss.backward(seed, inputs=[x, z])
    seen += [x.grad, z.grad]
    return [np.array(g.tolist()) for g in seen]


def test_gradients_are_pytorchs_wherever_users_see_them() -> None:
    mine, theirs = everywhere(ours), everywhere(real)
    assert len(mine) == len(theirs) > 15
    for a, b in zip(mine, theirs, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_a_complex_output_needs_a_seed(dtype: str) -> None:
    errors = []
    for lib in (ours, real):
        y = leaf(lib, [1 + 2j], dtype).sum()
        with pytest.raises(RuntimeError) as caught:
            y.backward()
        errors.append(str(caught.value).replace("torch.", "").replace("plugrad.", "").partition("\n")[0])
        with pytest.raises(RuntimeError, match="both grad_output and output are required to have the same dtype"):
            y.backward(lib.tensor(1.0))
    assert errors[0] == errors[1]


def test_real_inputs_of_complex_computations_get_real_gradients() -> None:
    found = []
    for lib in (ours, real):
        r = leaf(lib, [1.0, -2.0], "float32")
        z = leaf(lib, [1 + 2j, 3j], "complex64")
        number = lib.tensor(0.5, requires_grad=True)
        y = r * z + (r * 1j) ** 2 + number * z + lib.stack([r[0] * 1j, z[0]])
        y.sum().backward(lib.tensor(2 + 1j))
        assert r.grad.dtype is lib.float32
        assert number.grad.dtype is lib.float32
        assert z.grad.dtype is lib.complex64
        found.append([r.grad.tolist(), z.grad.tolist(), number.grad.item()])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_casts_keep_the_real_part_and_its_gradient() -> None:
    found = []
    for lib in (ours, real):
        z = leaf(lib, [1 + 2j, 3j])
        with pytest.warns(UserWarning, match="discards the imaginary part") if lib is ours else _Nothing():
            y = z.to(lib.float64)
        (y * y).sum().backward()
        found.append([y.tolist(), z.grad.tolist(), z.to(lib.bool).tolist(), z.to(lib.complex64).dtype is lib.complex64])
    assert found[0] == found[1]


def test_at_zero_the_gradients_of_size_sign_and_angle_are_zero() -> None:
    for name in ("abs", "sgn", "angle"):
        found = []
        for lib in (ours, real):
            z = leaf(lib, [0j, 1 + 1j])
            y = getattr(lib, name)(z)
            found.append(lib.autograd.grad(y, z, lib.ones_like(y.detach()))[0].tolist())
        assert found[0][0] == 0
        np.testing.assert_allclose(*found, rtol=1e-12, err_msg=name)


class _Nothing:
    """PyTorch warns once in a process, perhaps before."""

    def __enter__(self) -> None:
        self.caught = warnings.catch_warnings()
        self.caught.__enter__()
        warnings.simplefilter("ignore")

    def __exit__(self, *_: object) -> None:
        self.caught.__exit__(None, None, None)


FORWARD = {
    "abs": lambda lib, x: x.abs(),
    "sgn": lambda lib, x: lib.sgn(x),
    "conj": lambda lib, x: x.conj() * x,
    "parts": lambda lib, x: x.real * x.imag,
    "angle": lambda lib, x: lib.angle(x),
    "var": lambda lib, x: x.var(),
    "norm": lambda lib, x: x.norm(),
    "vdot": lambda lib, x: lib.vdot(x, 2 * x),
    "complex": lambda lib, x: lib.complex(x.real, x.abs()),
    "polar": lambda lib, x: lib.polar(x.abs(), x.real),
    "views": lambda lib, x: lib.view_as_complex(lib.view_as_real(x) * 2),
    "cast": lambda lib, x: x.real * x,
    "power": lambda lib, x: x**x,
    "logsumexp": lambda lib, x: x.logsumexp(0),
}


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")
@pytest.mark.parametrize("name", FORWARD)
def test_tangents_and_gradients_of_function_transforms(name: str) -> None:
    found = []
    for lib in (ours, real):
        x = leaf(lib, [1 + 2j, 3 - 1j, 0.5j]).detach()
        y, tangent = lib.func.jvp(lambda z, lib=lib: FORWARD[name](lib, z), (x,), (x * 1j + 1,))
        _, pull = lib.func.vjp(lambda z, lib=lib: FORWARD[name](lib, z), x)
        found.append([np.array(v.tolist()) for v in (y, tangent, pull(2 * y)[0])])
    for a, b in zip(*found, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)
