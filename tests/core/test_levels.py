"""Function transforms on a backend with several devices, and tensors that outlive their transform."""

from __future__ import annotations

import numpy as np
import pytest

import plugrad
from plugrad.func import grad, jvp, vmap
from plugrad.testing.samples import to_host


def test_tensors_are_on_the_device_at_the_bottom(device) -> None:
    seen = []
    vmap(grad(lambda x: (seen.append(x.device), x.sum())[1]))(plugrad.ones(2, 3, device=device))
    assert str(seen[0]) == str(plugrad.ones(1, device=device).device)
    assert seen[0] == plugrad.ones(1, device=device).device


def test_moving_to_another_device_inside(device) -> None:
    other = {"strict": "strict:1"}.get(str(device).partition(":")[0])
    if other is None:
        pytest.skip("the backend has one device")

    def f(x):
        return (x.to(other) ** 2).sum().to(x.device)

    x = plugrad.tensor([1.0, 2.0], device=device)
    np.testing.assert_allclose(to_host(grad(f)(x)), [2.0, 4.0])
    np.testing.assert_allclose(to_host(vmap(f)(plugrad.stack([x, 2 * x]))), [5.0, 20.0])
    np.testing.assert_allclose(to_host(jvp(f, (x,), (x,))[1]), 10.0)
    np.testing.assert_allclose(to_host(vmap(grad(f))(plugrad.stack([x, 2 * x]))), [[2.0, 4.0], [4.0, 8.0]])


def test_a_tensor_that_escaped_from_vmap_is_refused_in_another(device) -> None:
    kept = []
    vmap(lambda x: (kept.append(x), x)[1])(plugrad.ones(3, device=device))
    with pytest.raises(RuntimeError, match="used in another vmap than the one that made it"):
        vmap(lambda x: x + kept[0])(plugrad.ones(3, device=device))


def test_a_tangent_ends_with_its_jvp(device) -> None:
    kept = []
    one = plugrad.ones(3, device=device)
    jvp(lambda x: (kept.append(x), x * 2)[1], (one,), (one,))
    _, tangent = jvp(lambda x: x + kept[0], (one,), (one,))
    np.testing.assert_allclose(to_host(tangent), [1.0] * 3)


def test_a_tensor_of_a_transform_that_does_not_surround_is_refused(device) -> None:
    kept = []
    one = plugrad.ones(3, device=device)
    grad(lambda x: (kept.append(x), x.sum())[1])(one)
    with pytest.raises(RuntimeError, match="a tensor of another function transform was used"):
        vmap(lambda x: x + kept[0])(one)


def test_host_arrays_inside_are_plain_tensors(device) -> None:
    array = np.array([1.0, 2.0])
    x = plugrad.tensor(array, device=device)
    found = grad(lambda x: (x * plugrad.tensor(array, device=device)).sum())(x)
    np.testing.assert_allclose(to_host(found), array)
