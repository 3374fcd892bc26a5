"""Activations under the names that change their input; `plugrad.nn.functional` is where users find them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plugrad.nn.functional import activation_pieces as pieces

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor


def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """Apply `elu` in place.

    Args:
        input: Any shape.
        alpha: As there.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.elu_(plugrad.tensor([0.0, 2.0]))
        tensor([0., 2.])
    """
    return pieces.elu(input, alpha, inplace=True)


def selu_(input: Tensor) -> Tensor:
    """Apply `selu` in place.

    Args:
        input: Any shape.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.selu_(plugrad.tensor([0.0, 2.0]))
        tensor([0.0000, 2.1014])
    """
    return pieces.selu(input, inplace=True)


def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """Apply `celu` in place.

    Args:
        input: Any shape.
        alpha: As there.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.celu_(plugrad.tensor([0.0, 2.0]))
        tensor([0., 2.])
    """
    return pieces.celu(input, alpha, inplace=True)


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """Apply `leaky_relu` in place.

    Args:
        input: Any shape.
        negative_slope: As there.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.leaky_relu_(plugrad.tensor([0.0, 2.0]), 0.5)
        tensor([0., 2.])
    """
    return pieces.leaky_relu(input, negative_slope, inplace=True)


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """Apply `hardtanh` in place.

    Args:
        input: Any shape.
        min_val: As there.
        max_val: As there.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.hardtanh_(plugrad.tensor([0.0, 2.0]))
        tensor([0., 1.])
    """
    return pieces.hardtanh(input, min_val, max_val, inplace=True)


def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """Apply `threshold` in place.

    Args:
        input: Any shape.
        threshold: As there.
        value: As there.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.threshold_(plugrad.tensor([0.0, 2.0]), 0.0, 0.5)
        tensor([0.5000, 2.0000])
    """
    return pieces.threshold(input, threshold, value, inplace=True)


def rrelu_(input: Tensor, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False) -> Tensor:
    """Apply `rrelu` in place.

    Args:
        input: Any shape.
        lower: As there.
        upper: As there.
        training: As there.

    Example::

        >>> import plugrad
        >>> plugrad.nn.functional.rrelu_(plugrad.tensor([0.0, 2.0]))
        tensor([0., 2.])
    """
    return pieces.rrelu(input, lower, upper, training, inplace=True)
