"""Reading and writing by keys of every kind, views and changes in place, beside NumPy and the CPU."""

from __future__ import annotations

import numpy as np
import pytest

import plugrad
from plugrad.testing.conformance.calls import values

SHAPES = [(5,), (3, 4), (2, 3, 4), (4, 1, 3, 2)]


def _key(rng, shape):
    """A random key of what NumPy and PyTorch read alike, on the host: arrays are NumPy's."""
    parts, axis = [], 0
    advanced = int(rng.integers(0, 3))  # no array, one run of arrays, or a mask of everything
    if advanced == 2 and rng.random() < 0.5:
        return (rng.random(shape) < 0.4,)
    start = int(rng.integers(0, len(shape)))
    count = int(rng.integers(1, len(shape) - start + 1)) if advanced else 0
    common = [(), (3,), (2, 2)][int(rng.integers(0, 3))]
    while axis < len(shape):
        n = shape[axis]
        if advanced and start <= axis < start + count:
            if rng.random() < 0.2 and len(common) == 1 and axis == start + count - 1:
                mask = np.zeros(n, bool)
                mask[:1] = True
                parts.append(mask)
            else:
                parts.append(rng.integers(-n, n, common))
            axis += 1
            continue
        kind = int(rng.integers(0, 5))
        if kind == 0 and not advanced:
            parts.append(int(rng.integers(-n, n)))
            axis += 1
        elif kind == 1:
            first, last = sorted(rng.integers(-n - 1, n + 2, 2).tolist())
            parts.append(slice(first, last, int(rng.integers(1, 3))))
            axis += 1
        elif kind == 2 and not advanced:
            parts.append(None)
        elif kind == 3 and not advanced and Ellipsis not in parts:
            parts.append(Ellipsis)
            axis += int(rng.integers(0, len(shape) - axis + 1))
        else:
            parts.append(slice(None))
            axis += 1
    return tuple(parts)


def _on(device, key):
    """A key with its arrays as Tensors of the device."""
    return tuple([plugrad.tensor(k, device=device) if isinstance(k, (np.ndarray, np.generic)) else k for k in key])


def _scene(number):
    rng = np.random.default_rng(number)
    shape = SHAPES[number % len(SHAPES)]
    return rng, rng.normal(size=shape).astype("float32"), _key(rng, shape)


def pytest_generate_tests(metafunc):
    if "number" in metafunc.fixturenames:
        quick = metafunc.config.getoption("level", "full") == "quick"
        metafunc.parametrize("number", range(24 if quick else 200))


def test_reading(number, device):
    _, host, key = _scene(number)
    found = plugrad.tensor(host, device=device)[_on(device, key)]
    np.testing.assert_array_equal(values(found), host[key], err_msg=repr(key))
    assert found.dtype is plugrad.float32


def test_gradient_of_reading(number, device):
    rng, host, key = _scene(number)
    x = plugrad.tensor(host, device=device, requires_grad=True)
    found = x[_on(device, key)]
    weights = np.asarray(rng.normal(size=tuple(found.shape))).astype("float32")
    (found * plugrad.tensor(weights, device=device)).sum().backward()
    expected = np.zeros_like(host)
    np.add.at(expected, key, weights)
    np.testing.assert_allclose(values(x.grad), expected, rtol=1e-5, atol=1e-6, err_msg=repr(key))


def test_assignment(number, device):
    rng, host, key = _scene(number)
    # Places that are named twice may get either value: one number, or each place once.
    shape = host[key].shape
    repeated = any(isinstance(k, np.ndarray) and k.dtype != bool for k in key)
    given = np.float32(7.5) if repeated else np.asarray(rng.normal(size=shape)).astype("float32")
    expected = host.copy()
    expected[key] = given
    x = plugrad.tensor(host, device=device)
    x[_on(device, key)] = 7.5 if repeated else plugrad.tensor(given, device=device)
    np.testing.assert_array_equal(values(x), expected, err_msg=repr(key))


def test_gradient_of_assignment(number, device):
    rng, host, key = _scene(number)
    count = np.zeros(host.shape, int)
    np.add.at(count, key, 1)
    if (count > 1).any():
        pytest.skip("a place is named twice")
    x = plugrad.tensor(host, device=device, requires_grad=True)
    given = plugrad.ones(host[key].shape, device=device, requires_grad=True)
    weights = rng.normal(size=host.shape).astype("float32")
    y = x * 1
    y[_on(device, key)] = given * 2
    (y * plugrad.tensor(weights, device=device)).sum().backward()
    np.testing.assert_allclose(values(x.grad), np.where(count > 0, 0, weights), rtol=1e-6)
    if given.numel():
        np.testing.assert_allclose(values(given.grad), 2 * weights[key], rtol=1e-6)


def _through_a_slice(x):
    y = x * 1
    y[1:].mul_(2)
    return y


def _through_a_column(x):
    y = x * 1
    column = y[:, 1]
    column += y[:, 0]
    column.exp_()
    return y * column.sum()


def _through_a_transpose(x):
    y = x.clone()
    y.t()[0].fill_(3)
    y.view(-1)[::2].add_(1)
    return y**2


def _the_base_changes(x):
    y = x * 1
    row = y[0]
    y.add_(1)
    return row * y


def _views_of_views(x):
    y = x * 1
    first = y.reshape(2, 2, 2)
    second = first[:, 1]
    third = second.unsqueeze(0)
    third.mul_(third)
    first[0, 0, 0] = 5
    return y + second.sum() + third.sum()


def _masks(x):
    y = x * 1
    y[y > 0] = 0
    y.masked_fill_(y < -1, -1)
    return y


def _whole(x):
    y = x * 1
    y.copy_(x.flip(0)).sub_(1).clamp_(-0.5, 0.5).zero_()
    y += x
    y *= 2
    return y


def _by_index(x):
    y = x * 1
    where = plugrad.tensor([1, 0], device=x.device)
    y.index_add_(0, where, x)
    y.scatter_(1, where.reshape(2, 1), 4.0)
    return y


def _split(x):
    y = x * 1
    for part in y.unbind(1):
        part.mul_(part)
    first, second = y.chunk(2, dim=1)
    first += second
    return y


PROGRAMS = {
    f.__name__.strip("_"): f
    for f in (_through_a_slice, _through_a_column, _through_a_transpose, _the_base_changes, _views_of_views, _masks,
              _whole, _by_index, _split)
}  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_changes_in_place(program, device):
    """Views and bases stay alike, and gradients see the changes, whether arrays can be written or not."""
    results = []
    for where in (device, "cpu"):
        x = plugrad.linspace(-2, 1.5, 8, device=where).reshape(2, 4).requires_grad_()
        try:
            y = program(x)
            y.sum().backward()
            results.append((values(y), values(x.grad)))
        except RuntimeError as error:
            results.append((type(error), str(error).partition("\n")[0]))
    for found, expected in zip(*results, strict=True):
        if isinstance(expected, np.ndarray):
            np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
        else:
            assert found == expected


def test_a_changed_saved_value_is_noticed(device):
    x = plugrad.ones(3, device=device, requires_grad=True)
    y = x.exp()
    y.add_(1)
    with pytest.raises(RuntimeError, match="one of the variables needed for gradient computation has been modified"):
        y.sum().backward()
