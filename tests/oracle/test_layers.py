"""Layers beside PyTorch's: what they print, their parameters and initial values, results and gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.oracle.harness import Draw, host, ours, real
from tests.support.library import says

Built = Callable[[Any], Any]
D = Draw("float32", 5)


def layer(name: str, *args: Any, **options: Any) -> Built:
    return lambda nn: getattr(nn, name)(*args, **options)


LINE, IMAGE, VOLUME = D(2, 4, 9), D(2, 4, 8, 7), D(1, 4, 5, 6, 5)
BY_AXES = {1: LINE, 2: IMAGE, 3: VOLUME}
SIGNS = np.where(D.bools(6), 1.0, -1.0).astype("float32")

#: Layers and the inputs that they are called with.
LAYERS: list[tuple[Built, tuple[Any, ...]]] = [
    *[(layer(name), (D(3, 4),)) for name in (
        "ReLU6", "Hardtanh", "ELU", "SELU", "CELU", "GLU", "Hardshrink", "Softshrink", "Hardsigmoid", "Hardswish",
        "LogSigmoid", "Mish", "Softsign", "Tanhshrink", "PReLU",
    )],
    (layer("ReLU6", inplace=True), (D(3, 4),)),
    (layer("Hardtanh", -2.0, 0.5, True), (D(3, 4),)),
    (layer("ELU", 0.5, True), (D(3, 4),)),
    (layer("CELU", 0.5), (D(3, 4),)),
    (layer("Hardshrink", 0.7), (D(3, 4),)),
    (layer("RReLU"), (D(3, 4),)),
    (layer("RReLU", 0.2, 0.3, True), (D(3, 4),)),
    (layer("Threshold", 0.1, 20), (D(3, 4),)),
    (layer("Softmin", 1), (D(3, 4),)),
    (layer("Softmax2d"), (D(2, 3, 2, 2),)),
    (layer("PReLU", 4, init=0.1), (D(3, 4),)),
    *[(layer(f"Conv{n}d", 4, 6, 3), (x,)) for n, x in BY_AXES.items()],
    *[(layer(f"Conv{n}d", 4, 6, 3, 2, 1, groups=2, bias=False), (x,)) for n, x in BY_AXES.items()],
    (layer("Conv2d", 4, 6, (3, 2), dilation=2, padding=(1, 0)), (IMAGE,)),
    (layer("Conv2d", 4, 6, 3, padding="same", padding_mode="reflect"), (IMAGE,)),
    (layer("Conv2d", 4, 6, 3, padding=(1, 2), padding_mode="circular"), (IMAGE,)),
    *[(layer(f"ConvTranspose{n}d", 4, 6, 3), (x,)) for n, x in BY_AXES.items()],
    (layer("ConvTranspose2d", 4, 6, 3, 2, 1, 1, 2, False), (IMAGE,)),
    (layer("ConvTranspose2d", 4, 2, 3, 2), (IMAGE, (18, 15))),
    *[(layer(f"MaxPool{n}d", 3, 2, 1), (x,)) for n, x in BY_AXES.items()],
    (layer("MaxPool2d", 2, return_indices=True, ceil_mode=True), (IMAGE,)),
    *[(layer(f"AvgPool{n}d", 3, 2, 1), (x,)) for n, x in BY_AXES.items()],
    *[(layer(f"LPPool{n}d", 2, 2), (np.abs(x),)) for n, x in BY_AXES.items()],
    *[(layer(f"AdaptiveAvgPool{n}d", 2), (x,)) for n, x in BY_AXES.items()],
    *[(layer(f"AdaptiveMaxPool{n}d", 2), (x,)) for n, x in BY_AXES.items()],
    (layer("FractionalMaxPool2d", 2, output_ratio=0.5), (IMAGE,)),
    (layer("FractionalMaxPool3d", 2, (2, 3, 2), return_indices=True), (VOLUME,)),
    # Each to a place of its own: of several, PyTorch's threads decide which one stays.
    *[(layer(f"MaxUnpool{n}d", 2), (D(1, 1, *[2] * n), np.arange(2**n).reshape(1, 1, *[2] * n))) for n in (1, 2, 3)],
    *[(layer(f"{kind}Pad{n}d", 1), (x,)) for n, x in BY_AXES.items()
      for kind in ("Reflection", "Replication", "Circular", "Zero")],
    *[(layer(f"ConstantPad{n}d", 2, 0.5), (x,)) for n, x in BY_AXES.items()],
    (layer("ZeroPad2d", (1, 2, 0, -1)), (IMAGE,)),
    (layer("BatchNorm1d", 4), (D(5, 4),)),
    (layer("BatchNorm1d", 4, bias=False), (LINE,)),
    (layer("BatchNorm2d", 4, affine=False), (IMAGE,)),
    (layer("BatchNorm2d", 4, momentum=None), (IMAGE,)),
    (layer("BatchNorm3d", 4, track_running_stats=False, eps=1e-3), (VOLUME,)),
    *[(layer(f"InstanceNorm{n}d", 4), (x,)) for n, x in BY_AXES.items()],
    (layer("InstanceNorm2d", 4, affine=True, track_running_stats=True), (IMAGE,)),
    (layer("InstanceNorm2d", 4), (IMAGE[0],)),
    (layer("GroupNorm", 2, 4), (IMAGE,)),
    (layer("GroupNorm", 2, 4, affine=False), (LINE,)),
    (layer("RMSNorm", 9), (LINE,)),
    (layer("RMSNorm", (4, 9), eps=1e-3), (LINE,)),
    (layer("LocalResponseNorm", 3), (IMAGE,)),
    (layer("PixelShuffle", 2), (IMAGE,)),
    (layer("PixelUnshuffle", 2), (D(1, 2, 4, 6),)),
    (layer("ChannelShuffle", 2), (IMAGE,)),
    (layer("Upsample", scale_factor=2), (IMAGE,)),
    (layer("Upsample", (5, 6), mode="bilinear", align_corners=True), (IMAGE,)),
    (layer("UpsamplingNearest2d", scale_factor=2), (IMAGE,)),
    (layer("UpsamplingBilinear2d", (5, 6)), (IMAGE,)),
    (layer("Unfold", 2, padding=1), (IMAGE,)),
    (layer("Fold", (4, 5), (2, 2)), (D(1, 8, 12),)),
    (layer("PairwiseDistance"), (D(3, 4), D(3, 4))),
    (layer("CosineSimilarity", dim=0), (D(3, 4), D(3, 4))),
    (layer("AlphaDropout", 0.3), (D(20, 5),)),
    (layer("FeatureAlphaDropout", 0.3), (D(4, 9, 2),)),
    (layer("Dropout1d", 0.3), (LINE,)),
    (layer("Dropout2d", 0.3), (IMAGE,)),
    (layer("Dropout3d"), (VOLUME,)),
    *[(layer(name), (D(6), D(6, low=0.1))) for name in (
        "SmoothL1Loss", "HuberLoss", "PoissonNLLLoss",
    )],
    (layer("SmoothL1Loss", reduction="none", beta=0.5), (D(6), D(6))),
    (layer("HuberLoss", "sum", 0.5), (D(6), D(6))),
    (layer("SoftMarginLoss"), (D(6), np.array([1, -1, 1, 1, -1, -1]))),
    (layer("KLDivLoss", reduction="batchmean"), (D(2, 3), D(2, 3, low=0.1))),
    (layer("PoissonNLLLoss", full=True, reduction="sum"), (D(6), D(6, low=0.1))),
    (layer("GaussianNLLLoss", full=True), (D(6), D(6), D(6, low=0.1))),
    (layer("MarginRankingLoss", 0.3), (D(6), D(6), SIGNS)),
    (layer("HingeEmbeddingLoss"), (D(6), SIGNS)),
    (layer("CosineEmbeddingLoss", 0.1), (D(6, 3), D(6, 3), SIGNS)),
    (layer("TripletMarginLoss", swap=True), (D(6, 3), D(6, 3), D(6, 3))),
    (layer("TripletMarginWithDistanceLoss", margin=0.5), (D(6, 3), D(6, 3), D(6, 3))),
    (layer("MultiMarginLoss", 2, 0.7), (D(6, 3), np.array([0, 1, 2, 0, 1, 2]))),
    (layer("MultiLabelMarginLoss"), (D(2, 3), np.array([[2, 0, -1], [1, -1, 0]]))),
    (layer("MultiLabelSoftMarginLoss"), (D(2, 3), D(2, 3, low=0.0))),
    (layer("CTCLoss", zero_infinity=True), (D(5, 2, 4), np.array([[1, 2], [3, 1]]), (5, 4), (2, 1))),
    (layer("EmbeddingBag", 7, 3), (np.array([[1, 2], [4, 6]]),)),
    (layer("EmbeddingBag", 7, 3, mode="max", padding_idx=-1), (np.array([1, 2, 6, 4]), np.array([0, 2]))),
    (layer("MultiheadAttention", 6, 2), (D(4, 2, 6), D(5, 2, 6), D(5, 2, 6))),
    (layer("MultiheadAttention", 6, 3, bias=False, batch_first=True), (D(2, 4, 6), D(2, 5, 6), D(2, 5, 6))),
    (layer("MultiheadAttention", 6, 2, 0.2, True, True, True, 4, 3), (D(4, 2, 6), D(5, 2, 4), D(5, 2, 3))),
]  # fmt: skip


def _name(case: Any) -> str:
    return repr(case[0](real.nn)).split("\n")[0][:60]


def _tensor(lib: Any, value: Any) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    x = lib.tensor(value.tolist(), dtype=getattr(lib, value.dtype.name))
    return x.requires_grad_() if value.dtype.kind == "f" else x


def _run(lib: Any, built: Built, given: tuple[Any, ...], training: bool) -> dict[str, Any]:
    lib.manual_seed(11)
    module = built(lib.nn).train(training)
    found = {f"initial {key}": host(value) for key, value in module.state_dict().items()}
    inputs = [_tensor(lib, value) for value in given]
    leaves = [x for x in inputs if getattr(x, "requires_grad", False)]
    # In place, a layer may change what another op made, not a leaf.
    result = module(*[x * 1 if any(x is leaf for leaf in leaves) else x for x in inputs])
    outputs = [y for y in (result if isinstance(result, tuple) else (result,)) if y is not None]
    total = sum((y * y).sum() for y in outputs if y.requires_grad)
    leaves += list(module.parameters())
    for i, g in enumerate(lib.autograd.grad(total, leaves, allow_unused=True)):
        found[f"gradient {i}"] = host(lib.zeros(()) if g is None else g)
    found |= {f"output {i}": host(y) for i, y in enumerate(outputs)}
    return found | {f"final {key}": host(value) for key, value in module.state_dict().items()}


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides the total loss by both:UserWarning")
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize("case", LAYERS, ids=_name)
def test_layer(case: tuple[Built, tuple[Any, ...]], training: bool) -> None:
    built, given = case
    assert repr(built(ours.nn)) == repr(built(real.nn))
    expected, actual = _run(real, built, given, training), _run(ours, built, given, training)
    assert list(actual) == list(expected)
    for what, value in expected.items():
        assert actual[what].shape == value.shape, what
        np.testing.assert_allclose(actual[what], value, rtol=2e-4, atol=2e-4, err_msg=what)


REFUSED: dict[str, Callable[[Any], Any]] = {
    "groups": lambda lib: lib.nn.Conv2d(4, 6, 3, groups=0),
    "groups of channels": lambda lib: lib.nn.Conv2d(3, 6, 3, groups=2),
    "groups of channels out": lambda lib: lib.nn.Conv2d(4, 3, 3, groups=2),
    "padding of a stride": lambda lib: lib.nn.Conv2d(4, 6, 3, 2, padding="same"),
    "transposed padding mode": lambda lib: lib.nn.ConvTranspose2d(4, 6, 3, padding_mode="reflect"),
    "output size": lambda lib: lib.nn.ConvTranspose2d(4, 6, 3)(lib.ones(1, 4, 5, 5), (9, 9)),
    "output sizes": lambda lib: lib.nn.ConvTranspose2d(4, 6, 3)(lib.ones(1, 4, 5, 5), (9,)),
    "batch norm of images": lambda lib: lib.nn.BatchNorm2d(3)(lib.ones(2, 3)),
    "batch norm of vectors": lambda lib: lib.nn.BatchNorm1d(3)(lib.ones(2, 3, 1, 1)),
    "instance norm": lambda lib: lib.nn.InstanceNorm2d(3)(lib.ones(2, 3)),
    "instance norm's channels": lambda lib: lib.nn.InstanceNorm2d(4, affine=True)(lib.ones(1, 3, 2, 2)),
    "group norm": lambda lib: lib.nn.GroupNorm(2, 3),
    "fractional": lambda lib: lib.nn.FractionalMaxPool2d(2),
    "fractional twice": lambda lib: lib.nn.FractionalMaxPool2d(2, 3, 0.5),
    "fractional ratio": lambda lib: lib.nn.FractionalMaxPool2d(2, output_ratio=1.5),
    "softmax": lambda lib: lib.nn.Softmax2d()(lib.ones(2)),
    "triplets": lambda lib: lib.nn.TripletMarginWithDistanceLoss(margin=0),
    "attention": lambda lib: lib.nn.MultiheadAttention(5, 2),
    "no attention": lambda lib: lib.nn.MultiheadAttention(0, 2),
    "padding row": lambda lib: lib.nn.EmbeddingBag(3, 2, padding_idx=5),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusal(case: str) -> None:
    call = REFUSED[case]
    with pytest.raises(Exception) as expected:  # noqa: PT011 - whatever PyTorch raises
        call(real)
    with pytest.raises(type(expected.value)) as actual:
        call(ours)
    assert says(str(actual.value), str(expected.value)), f"{actual.value}\nexpected: {expected.value}"


def test_a_convolutional_network_trains_alike() -> None:
    """LeNet with batch normalization, five steps: seeds, initial values, results and statistics are PyTorch's."""
    draw = Draw("float64", 3)
    x, y = draw(16, 1, 28, 28), draw.ints(16, low=0, high=10)

    def losses(lib: Any) -> list[float]:
        nn = lib.nn
        lib.manual_seed(0)
        model = nn.Sequential(
            *(nn.Conv2d(1, 6, 5, padding=2), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(6, 16, 5), nn.GELU(), nn.AvgPool2d(2), nn.Dropout2d(0.2), nn.Flatten(), nn.Linear(400, 10)),
        ).double()
        optimizer = lib.optim.SGD(model.parameters(), lr=0.1)
        inputs, targets = lib.tensor(x.tolist(), dtype=lib.float64), lib.tensor(y.tolist())
        found = []
        for _ in range(5):
            loss = nn.CrossEntropyLoss()(model(inputs), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            found.append(loss.item())
        model.eval()
        return [*found, model(inputs).sum().item()]

    np.testing.assert_allclose(losses(ours), losses(real), rtol=1e-8)


@pytest.mark.filterwarnings("ignore:.torch.jit.:DeprecationWarning")  # PyTorch's own, at the first jvp
def test_gradients_of_single_samples() -> None:
    """vmap of grad, and forward mode, through convolution, pooling, normalization and resampling."""
    draw = Draw("float64", 4)
    w, x = draw(4, 2, 3, 3), draw(3, 2, 8, 8)

    def run(lib: Any) -> list[Any]:
        f = lib.nn.functional

        def loss(weight: Any, sample: Any) -> Any:
            z = f.max_pool2d(f.mish(f.conv2d(sample.unsqueeze(0), weight, padding=1)), 2)
            z = f.interpolate(f.group_norm(z, 2), scale_factor=2, mode="bilinear")
            return f.adaptive_avg_pool2d(z, 3).square().mean()

        weight, samples = (lib.tensor(a.tolist(), dtype=lib.float64) for a in (w, x))
        each = lib.func.vmap(lib.func.grad(loss), in_dims=(None, 0))(weight, samples)
        value, tangent = lib.func.jvp(lambda v: loss(v, samples[0]), (weight,), (lib.ones_like(weight),))
        return [host(each), host(value), host(tangent)]

    for mine, theirs in zip(run(ours), run(real), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-8, atol=1e-12)
