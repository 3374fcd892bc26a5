"""More loss functions as modules: of numbers, likelihoods and alignments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plugrad.nn import functional as F  # noqa: N812 - what everybody calls it
from plugrad.nn.loss import _Loss

if TYPE_CHECKING:
    from plugrad.core.tensor import Tensor


class SmoothL1Loss(_Loss):
    """The error, squared where it is below beta.

    Args:
        size_average: Deprecated, see ``reduction``.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.
        beta: Where the two meet.

    Shape:
        - Inputs: as those of the function.
        - Output: scalar; with ``"none"`` one for each.

    Example::

        >>> import plugrad
        >>> plugrad.nn.SmoothL1Loss()(plugrad.zeros(2), plugrad.ones(2))
        tensor(0.5000)
    """

    beta: float

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean", beta: float = 1.0
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(_Loss):
    """The error, squared where it is up to delta.

    Args:
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.
        delta: Where the two meet.

    Shape:
        - Inputs: as those of the function.
        - Output: scalar; with ``"none"`` one for each.

    Example::

        >>> import plugrad
        >>> plugrad.nn.HuberLoss()(plugrad.zeros(2), plugrad.ones(2))
        tensor(0.5000)
    """

    delta: float

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(None, None, reduction)
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class KLDivLoss(_Loss):
    """The Kullback-Leibler divergence of log-probabilities from probabilities.

    Args:
        size_average: Deprecated, see ``reduction``.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.
        log_target: Whether the target holds logarithms.

    Shape:
        - Inputs: as those of the function.
        - Output: scalar; with ``"none"`` one for each.

    Example::

        >>> import plugrad
        >>> plugrad.nn.KLDivLoss(reduction="sum")(plugrad.zeros(2), plugrad.ones(2))
        tensor(0.)
    """

    log_target: bool

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        log_target: bool = False,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class PoissonNLLLoss(_Loss):
    """The negative log likelihood of counts under Poisson distributions.

    Args:
        log_input: Whether the input holds logarithms.
        full: Whether to add the constant.
        size_average: Deprecated, see ``reduction``.
        eps: Keeps the logarithm finite.
        reduce: Deprecated, see ``reduction``.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.

    Shape:
        - Inputs: as those of the function.
        - Output: scalar; with ``"none"`` one for each.

    Example::

        >>> import plugrad
        >>> plugrad.nn.PoissonNLLLoss()(plugrad.zeros(2), plugrad.ones(2))
        tensor(1.)
    """

    log_input: bool
    full: bool
    eps: float

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        size_average: bool | None = None,
        eps: float = 1e-8,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, log_input: Tensor, target: Tensor) -> Tensor:
        """Compute the loss."""
        return F.poisson_nll_loss(
            log_input,
            target,
            log_input=self.log_input,
            full=self.full,
            eps=self.eps,
            reduction=self.reduction,
        )


class GaussianNLLLoss(_Loss):
    """The negative log likelihood of numbers under normal distributions.

    Args:
        full: Whether to add the constant.
        eps: The smallest variance.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.

    Shape:
        - Inputs: as those of the function.
        - Output: scalar; with ``"none"`` one for each.

    Example::

        >>> import plugrad
        >>> plugrad.nn.GaussianNLLLoss()(plugrad.zeros(2), plugrad.ones(2), plugrad.ones(2))
        tensor(0.5000)
    """

    full: bool
    eps: float

    def __init__(self, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(None, None, reduction)
        self.full = full
        self.eps = eps

    def forward(self, input: Tensor, target: Tensor, var: Tensor | float) -> Tensor:
        """Compute the loss."""
        return F.gaussian_nll_loss(input, target, var, full=self.full, eps=self.eps, reduction=self.reduction)


class CTCLoss(_Loss):
    """The negative log-probability of sequences under all of their alignments.

    Args:
        blank: The class that stands for nothing.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``: what becomes of the losses of the elements.
        zero_infinity: Whether losses that are infinite become 0.

    Shape:
        - Inputs: as those of the function.
        - Output: scalar; with ``"none"`` one for each.

    Example::

        >>> import plugrad
        >>> plugrad.nn.CTCLoss()(plugrad.zeros(3, 1, 2).log_softmax(2), plugrad.tensor([[1]]), [3], [1])
        tensor(0.2877)
    """

    blank: int
    zero_infinity: bool

    def __init__(self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False) -> None:
        super().__init__(None, None, reduction)
        self.blank = blank
        self.zero_infinity = zero_infinity

    def forward(self, log_probs: Tensor, targets: Tensor, input_lengths: Any, target_lengths: Any) -> Tensor:
        """Compute the loss."""
        return F.ctc_loss(
            log_probs,
            targets,
            input_lengths,
            target_lengths,
            self.blank,
            self.reduction,
            self.zero_infinity,
        )
