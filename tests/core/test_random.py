"""Random tensors: PyTorch's numbers for a seed, generators and their states, in-place draws, refusals."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.conftest import load_plugin
from tests.support.library import AGAINST_TORCH, raises, torch, warns

# What PyTorch 2.13 draws after manual_seed(0), and after each other.
DRAWN: dict[str, tuple[Callable[[], Any], list[Any]]] = {
    "rand": (lambda: torch.rand(3), [0.49625658988952637, 0.7682217955589294, 0.08847743272781372]),
    "rand of float64": (
        lambda: torch.rand(2, dtype=torch.float64),
        [0.9700530018065531, 0.707819864399788],
    ),
    "randn": (lambda: torch.randn(2), [1.5409960746765137, -0.293428897857666]),
    "randint": (lambda: torch.randint(10, (5,)), [4, 9, 3, 0, 3]),
    "randint from": (lambda: torch.randint(-2, 3, (5,)), [2, 2, 1, -2, 1]),
    "randperm": (lambda: torch.randperm(5), [4, 0, 1, 3, 2]),
    "uniform_": (lambda: torch.empty(2).uniform_(-1, 1), [-0.007486820220947266, 0.5364435911178589]),
    "normal_": (lambda: torch.empty(2).normal_(1, 2), [4.081992149353027, 0.4131421744823456]),
    "random_": (lambda: torch.zeros(3, dtype=torch.uint8).random_(), [172, 47, 117]),
    "bernoulli": (lambda: torch.bernoulli(torch.full((6,), 0.4)), [0, 0, 1, 1, 1, 0]),
}


@pytest.mark.parametrize(("draw", "expected"), DRAWN.values(), ids=DRAWN)
def test_numbers_are_pytorchs(draw: Callable[[], Any], expected: list[Any]) -> None:
    torch.manual_seed(0)
    assert draw().tolist() == expected


def test_seed_repeats_the_run() -> None:
    torch.manual_seed(3)
    first = [torch.rand(5).tolist(), torch.randn(20).tolist(), torch.randperm(9).tolist()]
    torch.manual_seed(3)
    assert [torch.rand(5).tolist(), torch.randn(20).tolist(), torch.randperm(9).tolist()] == first
    assert torch.rand(5).tolist() != first[0]


def test_seeds() -> None:
    assert torch.manual_seed(7) is torch.default_generator
    assert torch.initial_seed() == 7
    torch.manual_seed(-1)
    assert torch.initial_seed() == 2**64 - 1
    assert torch.seed() == torch.initial_seed()
    with raises(ValueError, "Overflow when unpacking long long"):
        torch.manual_seed(2**64)


def test_generator_is_a_stream_of_its_own() -> None:
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    drawn = torch.rand(3, generator=generator)
    assert drawn.tolist() == torch.rand(3).tolist()
    assert generator.initial_seed() == 0
    assert generator.device == torch.device("cpu")
    for draw in (
        lambda: torch.randn(3, generator=generator),
        lambda: torch.randint(5, (3,), generator=generator),
        lambda: torch.randperm(3, generator=generator),
        lambda: torch.bernoulli(torch.full((3,), 0.5), generator=generator),
        lambda: torch.multinomial(torch.ones(3), 2, generator=generator),
        lambda: torch.normal(0.0, 1.0, (3,), generator=generator),
        lambda: torch.rand_like(torch.ones(3), generator=generator),
        lambda: torch.zeros(3).uniform_(generator=generator),
        lambda: torch.zeros(3).normal_(generator=generator),
        lambda: torch.zeros(3).bernoulli_(generator=generator),
        lambda: torch.zeros(3).exponential_(generator=generator),
        lambda: torch.zeros(3).cauchy_(generator=generator),
        lambda: torch.zeros(3).log_normal_(generator=generator),
        lambda: torch.zeros(3).geometric_(0.5, generator=generator),
        lambda: torch.poisson(torch.ones(3), generator),
        lambda: torch.zeros(3).random_(generator=generator),
    ):
        before = torch.get_rng_state()
        generator.manual_seed(5)
        first = draw().tolist()
        generator.manual_seed(5)
        assert draw().tolist() == first
        assert torch.get_rng_state().tolist() == before.tolist()


def test_states_go_back_and_forth() -> None:
    torch.manual_seed(1)
    torch.randn(3)
    state = torch.get_rng_state()
    assert (tuple(state.shape), state.dtype) == ((5056,), torch.uint8)
    expected = torch.randn(5).tolist()
    torch.set_rng_state(state)
    assert torch.randn(5).tolist() == expected
    generator = torch.Generator()
    generator.set_state(state)
    clone = generator.clone_state()
    assert torch.randn(5, generator=generator).tolist() == expected
    assert torch.randn(5, generator=clone).tolist() == expected


@pytest.mark.skipif(AGAINST_TORCH, reason="PyTorch's generators can't be copied")
def test_generators_are_copied_with_their_state() -> None:
    generator = torch.Generator().manual_seed(4)
    torch.rand(3, generator=generator)
    copies = [pickle.loads(pickle.dumps(generator)), copy.deepcopy(generator)]
    expected = torch.rand(3, generator=generator).tolist()
    assert [torch.rand(3, generator=g).tolist() for g in copies] == [expected, expected]


def test_fork_rng_leaves_the_stream_where_it_was() -> None:
    torch.manual_seed(2)
    with torch.random.fork_rng():
        inside = torch.rand(3).tolist()
        torch.manual_seed(99)
    assert torch.rand(3).tolist() == inside
    state = torch.get_rng_state().tolist()
    with torch.random.fork_rng(enabled=False):
        torch.rand(3)
    assert torch.get_rng_state().tolist() != state


def test_dtypes_sizes_and_flags() -> None:
    assert torch.rand(2, 3, dtype=torch.float64).dtype is torch.float64
    assert tuple(torch.rand(size=(2, 3)).shape) == tuple(torch.randn((2, 3)).shape) == (2, 3)
    assert tuple(torch.rand(()).shape) == ()
    assert torch.rand(2, requires_grad=True).requires_grad
    assert torch.randint(5, (2,)).dtype is torch.randperm(2).dtype is torch.int64
    assert torch.randint(0, 5, (2,), dtype=torch.float32).dtype is torch.float32
    assert torch.randint(high=5, size=(2,)).dtype is torch.int64
    assert torch.randperm(2, dtype=torch.int32).dtype is torch.int32
    assert torch.rand(2, dtype=torch.complex64).dtype is torch.complex64
    x = torch.ones(2, 3, dtype=torch.float64)
    assert torch.rand_like(x).dtype is torch.randn_like(x).dtype is torch.float64
    assert torch.randint_like(x, 3, 4).tolist() == [[3.0] * 3] * 2
    assert torch.normal(torch.zeros(2), torch.ones(3, 1)).shape == (3, 2)


def test_distributions() -> None:
    torch.manual_seed(0)
    x = np.array(torch.normal(3.0, 0.5, (20000,)).tolist())
    assert abs(x.mean() - 3) < 0.02
    assert abs(x.std() - 0.5) < 0.02
    y = np.array(torch.empty(20000).exponential_(2).tolist())
    assert abs(y.mean() - 0.5) < 0.02
    z = np.array(torch.multinomial(torch.tensor([1.0, 3.0]), 20000, replacement=True).tolist())
    assert abs(z.mean() - 0.75) < 0.02
    assert sorted(torch.multinomial(torch.ones(4), 4).tolist()) == [0, 1, 2, 3]
    mean = torch.tensor([0.0, 100.0])
    assert torch.normal(mean, 1e-9).round().tolist() == [0, 100]
    assert torch.normal(mean, torch.zeros(2)).tolist() == [0, 100]
    assert torch.normal(5.0, torch.zeros(2)).tolist() == [5, 5]


IN_PLACE: dict[str, Callable[[Any], Any]] = {
    "uniform_": lambda x: x.uniform_(),
    "normal_": lambda x: x.normal_(),
    "bernoulli_": lambda x: x.bernoulli_(),
    "exponential_": lambda x: x.exponential_(),
    "random_": lambda x: x.random_(3),
    "cauchy_": lambda x: x.cauchy_(),
    "log_normal_": lambda x: x.log_normal_(),
    "geometric_": lambda x: x.geometric_(0.5),
}


@pytest.mark.parametrize("change", IN_PLACE.values(), ids=IN_PLACE)
def test_in_place_draw_has_a_gradient_of_zero(change: Callable[[Any], Any]) -> None:
    x = torch.ones(3, requires_grad=True)
    y = x * 2
    z = y.clone()
    assert change(z) is z
    assert z._version == 1
    z.sum().backward()
    assert x.grad.tolist() == [0, 0, 0]


@pytest.mark.parametrize("change", IN_PLACE.values(), ids=IN_PLACE)
def test_in_place_draw_is_refused_before_anything_is_drawn(change: Callable[[Any], Any]) -> None:
    x = torch.ones(3, requires_grad=True)
    state = torch.get_rng_state().tolist()
    with raises(RuntimeError, "a leaf Variable that requires grad is being used in an in-place operation."):
        change(x)
    assert x.tolist() == [1, 1, 1]
    assert torch.get_rng_state().tolist() == state
    with torch.no_grad():
        assert change(x) is x


@pytest.mark.parametrize("change", IN_PLACE.values(), ids=IN_PLACE)
def test_in_place_draw_into_a_view_changes_the_base(change: Callable[[Any], Any]) -> None:
    base = torch.full((4,), 7.0)
    change(base[1:3])
    assert base[0].item() == base[3].item() == 7
    assert base._version == 1


def test_bernoulli_with_probabilities() -> None:
    assert torch.zeros(3).bernoulli_(torch.tensor([0.0, 1.0, 1.0])).tolist() == [0, 1, 1]
    assert torch.zeros(2, 2).bernoulli_(torch.tensor([0.0, 1.0])).tolist() == [[0, 1], [0, 1]]
    assert torch.zeros(2, dtype=torch.bool).bernoulli_(1.0).tolist() == [True, True]
    assert torch.bernoulli(torch.zeros(2, dtype=torch.int64), 1.0).tolist() == [1, 1]
    p = torch.tensor([0.0, 1.0], requires_grad=True)
    drawn = torch.bernoulli(p)
    drawn.sum().backward()
    assert (drawn.tolist(), p.grad.tolist()) == ([0, 1], [0, 0])


def test_poisson() -> None:
    assert torch.poisson(torch.zeros(3)).tolist() == [0, 0, 0]
    rates = torch.tensor([0.5, 4.0, 30.0]).repeat(4000, 1).requires_grad_()
    counts = torch.poisson(rates)
    for column, rate in enumerate((0.5, 4.0, 30.0)):
        drawn = counts[:, column]
        assert abs(drawn.mean().item() - rate) < 6 * (rate / 4000) ** 0.5
        assert abs(drawn.var().item() / rate - 1) < 0.2
    counts.sum().backward()
    assert not rates.grad.any()


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"])
def test_random_fills_what_the_dtype_holds(dtype: str) -> None:
    x = torch.zeros(2000, dtype=getattr(torch, dtype)).random_()
    top = {"float16": 2**11, "float32": 2**24, "float64": 2**53}.get(dtype) or np.iinfo(dtype).max
    values = np.array(x.tolist(), dtype="float64")
    assert values.min() >= 0
    assert top * 0.9 < values.max() <= top


def test_random_integers_that_floats_round() -> None:
    with warns(UserWarning, "to - 1 is out of bounds [-(2^24), 2^24]. Due to precision limitations float can"):
        x = torch.zeros(1000).random_(0, 2**25)
    assert max(x.tolist()) < 2**25


REFUSED: dict[str, tuple[type[Exception], str, Callable[[], Any]]] = {
    "uniform integers": (
        NotImplementedError,
        "\"check_uniform_bounds\" not implemented for 'Long'",
        lambda: torch.rand(2, dtype=torch.int64),
    ),
    "normal booleans": (
        NotImplementedError,
        "\"normal_kernel_cpu\" not implemented for 'Bool'",
        lambda: torch.randn(2, dtype=torch.bool),
    ),
    "bernoulli of integers": (
        NotImplementedError,
        "\"bernoulli_tensor_cpu_p_\" not implemented for 'Long'",
        lambda: torch.bernoulli(torch.ones(2, dtype=torch.int64)),
    ),
    "uniform upside down": (
        RuntimeError,
        "uniform_ expects to return a [from, to) range, but found from=2 > to=1",
        lambda: torch.zeros(2).uniform_(2, 1),
    ),
    "uniform beyond the dtype": (
        RuntimeError,
        "to is out of bounds for float",
        lambda: torch.zeros(2).uniform_(0, 1e39),
    ),
    "negative deviation": (
        RuntimeError,
        "normal expects std >= 0.0, but found std -1",
        lambda: torch.zeros(2).normal_(0, -1),
    ),
    "some negative deviations": (
        RuntimeError,
        "normal expects all elements of std >= 0.0",
        lambda: torch.normal(torch.zeros(2), torch.tensor([1.0, -1.0])),
    ),
    "rate of zero": (
        RuntimeError,
        "exponential_ expects lambda > 0.0, but found lambda=0",
        lambda: torch.zeros(2).exponential_(0),
    ),
    "exponential integers": (
        RuntimeError,
        "Exponential distribution is a continuous probability distribution. dtype must be a floating point "
        "but you specified Long",
        lambda: torch.zeros(2, dtype=torch.int64).exponential_(),
    ),
    "cauchy of no width": (
        RuntimeError,
        "cauchy_ expects sigma > 0.0, but found sigma=0",
        lambda: torch.zeros(2).cauchy_(0, 0),
    ),
    "cauchy integers": (
        RuntimeError,
        "Cauchy distribution is a continuous probability distribution. dtype must be a floating point "
        "but you specified long int",
        lambda: torch.zeros(2, dtype=torch.int64).cauchy_(),
    ),
    "log normal of no width": (
        RuntimeError,
        "log_normal_ expects std > 0.0, but found std=-1",
        lambda: torch.zeros(2).log_normal_(0, -1),
    ),
    "log normal integers": (
        NotImplementedError,
        "\"log_normal_cpu\" not implemented for 'Long'",
        lambda: torch.zeros(2, dtype=torch.int64).log_normal_(),
    ),
    "trials that can't fail": (
        RuntimeError,
        "geometric_ expects p to be in (0, 1), but got p=1",
        lambda: torch.zeros(2).geometric_(1),
    ),
    "boolean trials": (
        NotImplementedError,
        "\"geometric_cpu\" not implemented for 'Bool'",
        lambda: torch.zeros(2, dtype=torch.bool).geometric_(0.5),
    ),
    "negative rate": (
        RuntimeError,
        "invalid Poisson rate, expected rate to be non-negative",
        lambda: torch.poisson(torch.tensor([1.0, -1.0])),
    ),
    "integer rate": (
        NotImplementedError,
        "\"poisson_cpu\" not implemented for 'Long'",
        lambda: torch.poisson(torch.tensor([1])),
    ),
    "rate of complex numbers": (
        NotImplementedError,
        "\"poisson_cpu\" not implemented for 'ComplexFloat'",
        lambda: torch.poisson(torch.tensor([1j])),
    ),
    "no probability": (
        RuntimeError,
        "bernoulli_ expects p to be in [0, 1], but got p=1.5",
        lambda: torch.zeros(2).bernoulli_(1.5),
    ),
    "probabilities of another shape": (
        RuntimeError,
        "The expanded size of the tensor (3) must match the existing size (2) at non-singleton dimension 0.  "
        "Target sizes: [3].  Tensor sizes: [2]",
        lambda: torch.zeros(3).bernoulli_(torch.zeros(2)),
    ),
    "integers beyond the dtype": (
        RuntimeError,
        "to - 1 is out of bounds for unsigned char",
        lambda: torch.randint(0, 300, (2,), dtype=torch.uint8),
    ),
    "integers below the dtype": (
        RuntimeError,
        "from is out of bounds for unsigned char",
        lambda: torch.zeros(2, dtype=torch.uint8).random_(-5, 3),
    ),
    "integers that require gradients": (
        RuntimeError,
        "Only Tensors of floating point and complex dtype can require gradients",
        lambda: torch.randint(5, (2,), requires_grad=True),
    ),
    "size of randint": (
        TypeError,
        "randint(): argument 'size' (position 2) must be tuple of ints, not int",
        lambda: torch.randint(5, 2),
    ),
    "permutation of less than nothing": (
        RuntimeError,
        "Trying to create tensor with negative dimension -1: [-1]",
        lambda: torch.randperm(-1),
    ),
    "permutation beyond the dtype": (
        RuntimeError,
        "value cannot be converted to type uint8_t without overflow",
        lambda: torch.randperm(300, dtype=torch.uint8),
    ),
    "weights of integers": (
        RuntimeError,
        "multinomial only supports floating-point dtypes for input, got: Long",
        lambda: torch.multinomial(torch.tensor([1, 2]), 1),
    ),
    "weights of three dimensions": (
        RuntimeError,
        "prob_dist must be 1 or 2 dim",
        lambda: torch.multinomial(torch.ones(2, 2, 2), 1),
    ),
    "weights of zero": (
        RuntimeError,
        "invalid multinomial distribution (sum of probabilities <= 0)",
        lambda: torch.multinomial(torch.zeros(2), 1),
    ),
    "seed that is no integer": (
        RuntimeError,
        "manual_seed expected a long, but got float",
        lambda: torch.Generator().manual_seed(1.5),
    ),
    "state that is none": (
        RuntimeError,
        "Expected a CPUGeneratorImplState of size 5056 but found the input RNG state size to be 3",
        lambda: torch.set_rng_state(torch.zeros(3, dtype=torch.uint8)),
    ),
    "state of floats": (
        TypeError,
        "RNG state must be a torch.ByteTensor",
        lambda: torch.set_rng_state(torch.zeros(3)),
    ),
    "generator that is none": (
        TypeError,
        "uniform_(): argument 'generator' must be torch.Generator, not int",
        lambda: torch.zeros(2).uniform_(generator=3),
    ),
}


@pytest.mark.parametrize(("kind", "text", "mistake"), REFUSED.values(), ids=REFUSED)
def test_mistake_raises_what_pytorch_raises(kind: type[Exception], text: str, mistake: Callable[[], Any]) -> None:
    state = torch.get_rng_state().tolist()
    with raises(kind, text):
        mistake()
    if not AGAINST_TORCH:  # PyTorch draws before it looks at some arguments
        assert torch.get_rng_state().tolist() == state


ours = pytest.mark.skipif(AGAINST_TORCH, reason="plugrad's devices")


@ours
@pytest.mark.parametrize("name", ["loopback", "strict"])
@pytest.mark.parametrize(
    "draw",
    [
        lambda d: torch.rand(5, device=d),
        lambda d: torch.randn(20, device=d),
        lambda d: torch.randint(9, (5,), device=d),
        lambda d: torch.randperm(5, device=d),
        lambda d: torch.bernoulli(torch.full((9,), 0.5, device=d)),
        lambda d: torch.multinomial(torch.arange(1.0, 5.0, device=d), 3),
        lambda d: torch.normal(torch.zeros(3, device=d), torch.ones(3, device=d)),
        lambda d: torch.zeros(5, device=d).uniform_(1, 2),
        lambda d: torch.zeros(5, device=d).random_(),
        lambda d: torch.rand_like(torch.ones(3, device=d)),
    ],
)
def test_numbers_are_the_same_on_every_device(draw: Callable[[str], Any], name: str) -> None:
    load_plugin(name)
    torch.manual_seed(11)
    there = draw(name)
    torch.manual_seed(11)
    assert there.tolist() == draw("cpu").tolist()
    assert there.device.type == name


@ours
def test_generator_of_another_device_is_refused() -> None:
    load_plugin("loopback")
    with raises(RuntimeError, "Expected a 'loopback' device type for generator but found 'cpu'"):
        torch.rand(2, device="loopback", generator=torch.Generator())
    generator = torch.Generator("loopback").manual_seed(0)
    assert torch.rand(2, device="loopback", generator=generator).device.type == "loopback"


@ours
def test_backend_with_a_generator_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    from plugrad.core import generator as generators

    class Constant:
        seed = 0

        def manual_seed(self, seed: int) -> None:
            self.seed = seed

        def initial_seed(self) -> int:
            return self.seed

        def uniform(self, shape: Any, dtype_name: str, low: float = 0.0, high: float = 1.0) -> Any:
            return backend.asarray(np.full(shape, self.seed, dtype_name), None, None)

    backend = load_plugin("loopback")
    monkeypatch.setattr(generators, "_defaults", {})
    monkeypatch.setattr(backend, "generator", lambda seed: Constant(), raising=False)
    torch.manual_seed(5)
    before = torch.get_rng_state().tolist()
    assert torch.rand(2, device="loopback").tolist() == [5, 5]
    torch.manual_seed(6)
    assert torch.rand(2, device="loopback").tolist() == [6, 6]
    torch.manual_seed(5)
    assert torch.get_rng_state().tolist() == before


@ours
def test_mask_of_a_dropout() -> None:
    from plugrad.core.generator import draw_mask

    device = torch.zeros(1).device
    torch.manual_seed(0)
    mask = draw_mask(0.25, (10000,), device)
    torch.manual_seed(0)
    assert mask.dtype is torch.bool
    assert mask.tolist() == [x == 1 for x in torch.empty(10000).bernoulli_(0.25).tolist()]
    assert 0.2 < np.mean(mask.tolist()) < 0.3
