"""The functional face of normalization; `plugrad.nn.functional` is where users find it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from plugrad.core import ops
from plugrad.core.dtype_info import finfo
from plugrad.core.errors import with_hint
from plugrad.core.modes import no_grad
from plugrad.nn.functional.checks import check_layer_norm
from plugrad.nn.functional.normalization_checks import (
    check_batch_norm,
    check_group_norm,
    check_instance_norm,
    check_rms_norm,
)

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor

# The definitions of ops are written in an untyped language.
_ops: Any = ops


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalize over the last dimensions: y = (x - mean) / sqrt(var + eps) * weight + bias.

    Args:
        input: ``(*, normalized_shape)``.
        normalized_shape: The shape of the last dimensions.
        weight: Of that shape.
        bias: Of that shape.
        eps: Added to the variance.

    Raises:
        RuntimeError: A shape does not fit.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.layer_norm(plugrad.tensor([-1.0, 1.0]), (2,), eps=0.0)
        tensor([-1.,  1.])
    """
    shape = tuple(normalized_shape)
    check_layer_norm(input, shape, weight, bias)
    result: Tensor = _ops.layer_norm(input, weight, bias, ndim=len(shape), eps=eps)
    return result


def _follow(running: Tensor, found: Tensor, momentum: float) -> None:
    """Move a running statistic towards what was found."""
    running.mul_(1 - momentum).add_(found.to(running.dtype), alpha=momentum)


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalize each channel over the batch: y = (x - mean) / sqrt(var + eps) * weight + bias.

    In training the running statistics, where given, are changed in place (https://arxiv.org/abs/1502.03167).

    Args:
        input: (N, C) or ``(N, C, *)``.
        running_mean: (C): the means that are used outside of training, and followed in training.
        running_var: (C): the same for the variances.
        weight: (C).
        bias: (C).
        training: Whether the batch's own mean and (biased) variance are used.
        momentum: How fast the running statistics follow: new = (1 - momentum) * old + momentum * found.
        eps: Added to the variance.

    Raises:
        ValueError: There is one value for each channel in training, or ``eps`` is negative.
        RuntimeError: A size or a dtype does not fit.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.batch_norm(plugrad.tensor([[1.0], [3.0]]), None, None, training=True, eps=1e-12)
        tensor([[-1.],
                [ 1.]])
    """
    check_batch_norm(input, running_mean, running_var, weight, bias, training, eps)
    if not training:
        result: Tensor = _ops.batch_norm_by_statistics(input, weight, bias, running_mean, running_var, eps=eps)
        return result
    mean = variance = None
    if running_mean is not None and running_var is not None and input.numel():
        with no_grad():
            mean, variance = _ops.channel_moments(input.detach(), axes=(0, *range(2, input.ndim)))
            count = input.numel() // input.shape[1]
            _follow(running_mean, mean, momentum)
            _follow(running_var, variance * (count / (count - 1)), momentum)
    normalized: Tensor = _ops.batch_norm(input, weight, bias, mean, variance, eps=eps)
    return normalized


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalize each channel of each sample: y = (x - mean) / sqrt(var + eps) * weight + bias.

    https://arxiv.org/abs/1607.08022

    Args:
        input: ``(N, C, *)``.
        running_mean: (C): the means that are used without ``use_input_stats``, and followed with it.
        running_var: (C): the same for the variances.
        weight: (C).
        bias: (C).
        use_input_stats: Whether each sample's own mean and (biased) variance are used.
        momentum: How fast the running statistics follow.
        eps: Added to the variance.

    Raises:
        ValueError: There is one value for each channel of a sample.
        RuntimeError: A size or a dtype does not fit.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.instance_norm(plugrad.tensor([[[1.0, 3.0]]]), eps=1e-12)
        tensor([[[-1.,  1.]]])
    """
    check_instance_norm(input, running_mean, running_var, use_input_stats)
    n, channels = input.shape[:2]
    x = input.reshape(1, n * channels, *input.shape[2:])

    def repeated(value: Tensor | None) -> Tensor | None:
        return None if value is None else value.repeat(n)

    means, variances = repeated(running_mean), repeated(running_var)
    y = batch_norm(x, means, variances, repeated(weight), repeated(bias), use_input_stats, momentum, eps)
    if use_input_stats and running_mean is not None and running_var is not None:
        with no_grad():
            # Each sample moved a copy of its own.
            for running, moved in ((running_mean, means), (running_var, variances)):
                assert moved is not None
                running.copy_(moved.reshape(n, channels).mean(0))
    result: Tensor = y.reshape(input.shape)
    return result


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalize groups of channels of each sample: y = (x - mean) / sqrt(var + eps) * weight + bias.

    https://arxiv.org/abs/1803.08494

    Args:
        input: ``(N, C, *)``.
        num_groups: How many groups the channels fall into.
        weight: (C).
        bias: (C).
        eps: Added to the variance.

    Raises:
        RuntimeError: A size or a dtype does not fit.
        ValueError: A group is one value.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.group_norm(plugrad.tensor([[1.0, 3.0, 5.0, 9.0]]), 2, eps=1e-12)
        tensor([[-1.,  1., -1.,  1.]])
    """
    check_group_norm(input, num_groups, weight, bias)
    result: Tensor = _ops.group_norm(input, weight, bias, groups=num_groups, eps=eps)
    return result


def rms_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """Divide by the root of the mean square of the last dimensions: y = x / sqrt(mean(x**2) + eps) * weight.

    https://arxiv.org/abs/1910.07467

    Args:
        input: ``(*, normalized_shape)``.
        normalized_shape: The shape of the last dimensions.
        weight: Of that shape.
        eps: Added to the mean square; the dtype's smallest relative step by default.

    Raises:
        RuntimeError: A shape does not fit.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.rms_norm(plugrad.tensor([3.0, 4.0]), (2,))
        tensor([0.8485, 1.1314])
    """
    shape = check_rms_norm(input, normalized_shape, weight)
    small = finfo(input.dtype).eps if eps is None else eps
    if weight is not None and weight.dtype is not input.dtype:
        scaled: Tensor = (_ops.rms_norm(input, None, ndim=len(shape), eps=small) * weight).to(input.dtype)
        return scaled
    result: Tensor = _ops.rms_norm(input, weight, ndim=len(shape), eps=small)
    return result


def local_response_norm(
    input: Tensor,
    size: int,
    alpha: float = 1e-4,
    beta: float = 0.75,
    k: float = 1.0,
) -> Tensor:
    """Divide by what neighbouring channels amount to: y = x / (k + alpha * mean of squares)**beta.

    Args:
        input: ``(N, C, *)``, of at least three dimensions.
        size: Over how many channels the mean is taken.
        alpha: A factor.
        beta: An exponent.
        k: A summand.

    Raises:
        ValueError: There are fewer than three dimensions.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.local_response_norm(plugrad.ones(1, 2, 1), 2, alpha=1.0, beta=1.0)
        tensor([[[0.6667],
                 [0.5000]]])
    """
    ndim = input.dim()
    if ndim < 3:
        blank = " " * 26
        raise ValueError(
            with_hint(
                f"Expected 3D or higher dimensionality{blank}input (got {ndim} dimensions)",
                "channels are dimension 1, and there is something after them.",
            )
        )
    if input.numel() == 0:
        return input
    if size <= 0:
        sizes = f"kH: {size} kW: 1" if ndim == 3 else f"kT: {size} kH: 1 kW: 1"
        raise RuntimeError(f"kernel size should be greater than zero, but got {sizes}")
    squares = input.mul(input).reshape(input.shape[0], 1, input.shape[1], -1)
    before, channels = size // 2, input.shape[1]
    key = (slice(0, squares.shape[0], 1), slice(0, 1, 1), slice(before, before + channels, 1), slice(None))
    wide = (*squares.shape[:2], channels + size - 1, squares.shape[3])
    options = {"stride": (1, 1), "padding": (0, 0), "ceil_mode": False, "count_include_pad": True}
    squares = _ops.place(squares, shape=wide, key=key)
    means = _ops.avg_pool2d(squares, size=(size, 1), divisor_override=None, **options).reshape(input.shape)
    result: Tensor = input / means.mul(alpha).add(k).pow(beta)
    return result


def normalize(
    input: Tensor,
    p: float = 2.0,
    dim: int = 1,
    eps: float = 1e-12,
    out: Tensor | None = None,
) -> Tensor:
    """Divide by the p-norm along a dimension: y = x / max(norm(x), eps).

    Args:
        input: Any shape.
        p: Which norm.
        dim: The dimension.
        eps: The smallest divisor.
        out: Where to write the result to.

    Raises:
        IndexError: There is no such dimension.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.normalize(plugrad.tensor([[3.0, 4.0]]))
        tensor([[0.6000, 0.8000]])
    """
    result: Tensor = input / input.norm(p, dim, keepdim=True).clamp_min(eps).expand_as(input)
    return result if out is None else out.copy_(result)
