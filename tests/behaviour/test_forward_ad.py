"""Forward mode by hand: ``autograd.forward_ad``."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from tests.support.library import differs_from_torch, torch, without_device

# PyTorch's own forward mode warns of what it uses inside.
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")

fwAD = pytest.importorskip(f"{torch.__name__}.autograd.forward_ad")


def close(found, wanted):
    np.testing.assert_allclose(found.detach().cpu().numpy(), np.asarray(wanted), rtol=1e-5, atol=1e-6)


def test_a_tangent_goes_through_a_function() -> None:
    x, t = torch.tensor([0.3, -0.7]), torch.tensor([1.0, 2.0])
    with fwAD.dual_level():
        y = fwAD.unpack_dual((fwAD.make_dual(x, t).sin() * 2).exp())
        close(y.primal, np.exp(2 * np.sin([0.3, -0.7])))
        slope = np.exp(2 * np.sin([0.3, -0.7])) * 2 * np.cos([0.3, -0.7])
        close(y.tangent, slope * [1.0, 2.0])


def test_tensors_without_a_tangent_have_none() -> None:
    with fwAD.dual_level():
        assert fwAD.unpack_dual(torch.ones(2)).tangent is None
        x = fwAD.make_dual(torch.ones(2), torch.ones(2))
        assert fwAD.unpack_dual(x.argmax()).tangent is None
    assert fwAD.unpack_dual(x).tangent is None


def test_reverse_over_forward() -> None:
    x = torch.tensor([0.5, 2.0], requires_grad=True)
    t = torch.tensor([1.0, 3.0], requires_grad=True)
    with fwAD.dual_level():
        tangent = fwAD.unpack_dual(fwAD.make_dual(x, t) ** 3).tangent
        gx, gt = torch.autograd.grad(tangent.sum(), (x, t))
    close(gx, 6 * np.array([0.5, 2.0]) * [1.0, 3.0])
    close(gt, 3 * np.array([0.5, 2.0]) ** 2)


@pytest.mark.parametrize("by", ["dual", "primal"])
def test_forward_over_reverse(by: str) -> None:
    x = torch.tensor([0.5, 2.0], requires_grad=True)
    with fwAD.dual_level():
        d = fwAD.make_dual(x, torch.tensor([1.0, 3.0]))
        (g,) = torch.autograd.grad((d**3).sum(), d if by == "dual" else x)
        gradient, product = fwAD.unpack_dual(g)
    close(gradient, 3 * np.array([0.5, 2.0]) ** 2)
    close(product, 6 * np.array([0.5, 2.0]) * [1.0, 3.0])


def test_backward_fills_the_primals_grad() -> None:
    w = torch.tensor([0.5, 2.0], requires_grad=True)
    x = w * 2
    with fwAD.dual_level():
        (fwAD.make_dual(x, torch.ones(2)) ** 2).sum().backward()
        assert fwAD.unpack_dual(w.grad).tangent is None
    close(w.grad, 8 * np.array([0.5, 2.0]))


@differs_from_torch("its x.mul_(x) reads the factor's tangent after it was changed: 6, not 4")
def test_in_place_changes_carry_tangents() -> None:
    with fwAD.dual_level():
        x = fwAD.make_dual(torch.tensor([1.0, 2.0]), torch.tensor([1.0, 1.0]))
        x.mul_(x)
        close(fwAD.unpack_dual(x).tangent, [2.0, 4.0])
        buffer = torch.zeros(3)
        buffer[1:] = x
        buffer.mul_(2)
        close(fwAD.unpack_dual(buffer).primal, [0.0, 2.0, 8.0])
        close(fwAD.unpack_dual(buffer).tangent, [0.0, 4.0, 8.0])


def test_no_grad_leaves_tangents() -> None:
    x = torch.ones(2, requires_grad=True)
    with fwAD.dual_level(), torch.no_grad():
        y = fwAD.make_dual(x, torch.ones(2)) * 3
        assert not y.requires_grad
        close(fwAD.unpack_dual(y).tangent, [3.0, 3.0])


def test_misuse_raises() -> None:
    with pytest.raises(RuntimeError, match="no level exists"):
        fwAD.make_dual(torch.ones(2), torch.ones(2))
    with pytest.raises(RuntimeError):
        fwAD.exit_dual_level()
    with fwAD.dual_level():
        with pytest.raises(RuntimeError, match="Nested forward mode AD is not supported"):
            fwAD.enter_dual_level()
        with pytest.raises(
            RuntimeError, match=r"Tensor is of size .3. while the given forward gradient is of size .2."
        ):
            fwAD.make_dual(torch.ones(3), torch.ones(2))
        with pytest.raises(ValueError, match="Expected primal to be floating point or complex"):
            fwAD.make_dual(torch.ones(2, dtype=torch.int64), torch.ones(2))


def test_nothing_is_left_of_a_level() -> None:
    gc.collect()
    gc.disable()
    try:
        x = torch.ones(3, requires_grad=True)
        with fwAD.dual_level():
            y = fwAD.make_dual(x, torch.ones(3)).exp().sum()
            (g,) = torch.autograd.grad(y, x, create_graph=True)
            references = [weakref.ref(y), weakref.ref(g)]
        del y, g
        assert [r() for r in references] == [None, None]
    finally:
        gc.enable()


def test_a_printed_tensor_shows_its_tangent() -> None:
    with fwAD.dual_level():
        text = without_device(repr(fwAD.make_dual(torch.ones(2), torch.zeros(2))))
    assert text == "tensor([1., 1.], tangent=tensor([0., 0.]))"


def test_gradients_by_tensors_from_outside_of_the_level() -> None:
    """Those that were given a tangent, those that were not, and what is computed of them."""
    x = torch.tensor([3.0, 4.0], requires_grad=True)
    w = torch.tensor([5.0, 6.0], requires_grad=True)
    h = w * 2
    with fwAD.dual_level():
        d = fwAD.make_dual(x, torch.ones(2))

        def f():
            return (d * d * x * h).sum()

        for inputs in ([x, w], [x, h], [d, h]):
            found = [fwAD.unpack_dual(g) for g in torch.autograd.grad(f(), inputs, retain_graph=True)]
            values = [(g.primal.tolist(), g.tangent.tolist()) for g in found]
            expected = {
                id(x): ([270.0, 576.0], [120.0, 192.0]), id(d): ([180.0, 384.0], [60.0, 96.0]),
                id(w): ([54.0, 128.0], [36.0, 64.0]), id(h): ([27.0, 64.0], [18.0, 32.0]),
            }  # fmt: skip
            assert values == [expected[id(z)] for z in inputs]
        assert (d * x).sum().requires_grad
        f().backward()
        assert x.grad.tolist() == [270.0, 576.0]
        assert w.grad.tolist() == [54.0, 128.0]
        plain = fwAD.make_dual(torch.ones(2), torch.ones(2))
        (g,) = torch.autograd.grad((plain * w).sum(), w)
        assert fwAD.unpack_dual(g).tangent.tolist() == [1.0, 1.0]
