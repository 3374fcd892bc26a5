"""Connectionist temporal classification: the probability of a sequence under all of its alignments.

https://www.cs.toronto.edu/~graves/icml_2006.pdf. Arrays are (time, batch, classes); targets (batch, length), padded.
Between labels, before and after them, stand blanks: so many places has an alignment's state.
"""

from __future__ import annotations

import math

from plugrad.core.op import op
from plugrad.core.ops import addressing
from plugrad.core.refusals import BOOLEAN, INTEGER, lacks

__all__ = ["ctc_loss", "ctc_loss_backward"]


def _states(xp, targets, blank):
    """The label of each state; and whether it can be reached from the last state but one."""
    n, length = targets.shape
    blanks = addressing.constant(xp, targets, (n, length, 1), blank, targets.dtype)
    labels = xp.reshape(xp.concat([blanks, xp.expand_dims(targets, axis=2)], axis=2), shape=(n, 2 * length))
    labels = xp.concat([labels, addressing.constant(xp, targets, (n, 1), blank, targets.dtype)], axis=1)
    skips = addressing.constant(xp, targets, (n, min(2, 2 * length + 1)), False, xp.bool)
    if length:
        other = xp.not_equal(labels[:, 2:], labels[:, : 2 * length - 1])
        skips = xp.concat([skips, xp.logical_and(other, xp.not_equal(labels[:, 2:], blank))], axis=1)
    return labels, skips


def _emissions(xp, log_probs, labels):
    """The log-probability of each state's label, at each time."""
    index = xp.broadcast_to(xp.expand_dims(labels, axis=0), (log_probs.shape[0], *labels.shape))
    return xp.gather(log_probs, index, axis=2)


def _shifted(xp, x, by, fill):
    """States moved to the right."""
    if by == 0:
        return x
    n, states = x.shape
    pad = addressing.constant(xp, x, (n, min(by, states)), fill, x.dtype)
    return xp.concat([pad, x[:, : max(states - by, 0)]], axis=1)


def _log_sum(xp, *terms):
    """The logarithm of a sum, of nothing too."""
    largest = terms[0]
    for term in terms[1:]:
        largest = xp.maximum(largest, term)
    finite = xp.where(xp.equal(largest, -math.inf), 0.0, largest)
    total = None
    for term in terms:
        part = xp.exp(term - finite)
        total = part if total is None else total + part
    # Of 0 the logarithm is -inf: libraries may warn of it.
    return xp.where(xp.equal(total, 0), -math.inf, xp.log(xp.where(xp.equal(total, 0), 1.0, total))) + finite


def _walk(xp, emissions, skips, first, lengths):
    """The log-probability of all ways from the first time to each state, at each time; it stays after the last."""
    rows = [xp.where(first, emissions[0, ...], -math.inf)]
    for t in range(1, emissions.shape[0]):
        before = rows[-1]
        twice = xp.where(skips, _shifted(xp, before, 2, -math.inf), -math.inf)
        row = _log_sum(xp, before, _shifted(xp, before, 1, -math.inf), twice) + emissions[t, ...]
        rows.append(xp.where(xp.expand_dims(xp.greater(lengths, t), axis=1), row, before))
    return rows


@op(
    node="CtcLoss",
    promote="none",
    residuals=1,
    refuse=lacks("ctc_loss_cpu", BOOLEAN, INTEGER),
    # The gradient is that through a log_softmax, as PyTorch's: not the derivative by log_probs alone.
    tested="tests/oracle/losses.py",
)
def ctc_loss(xp, log_probs, targets, input_lengths, target_lengths, *, blank=0, zero_infinity=False):
    """The negative log-probability of each target; as a residual, that of every beginning."""
    labels, skips = _states(xp, targets, blank)
    states = addressing.counting(xp, targets, labels.shape[1])
    ends = 2 * xp.expand_dims(target_lengths, axis=1)
    first = xp.logical_and(xp.less_equal(states, 1), xp.less_equal(states, ends))
    rows = _walk(xp, _emissions(xp, log_probs, labels), skips, first, input_lengths)
    final = xp.logical_or(xp.equal(states, ends), xp.equal(states, ends - 1))
    kept = xp.where(final, rows[-1], -math.inf)
    loss = -_log_sum(xp, *[kept[:, i] for i in range(kept.shape[1])])
    # Of no time at all only nothing fits.
    empty = xp.where(xp.equal(target_lengths, 0), xp.zeros_like(loss), math.inf)
    loss = xp.where(xp.equal(input_lengths, 0), empty, loss)
    if zero_infinity:
        loss = xp.where(xp.equal(loss, math.inf), 0.0, loss)
    return loss, xp.stack(rows, axis=0)


ctc_loss.vjp(
    log_probs=lambda xp, g, log_probs, targets, input_lengths, target_lengths, y0, y1, blank, zero_infinity: (
        xp.ctc_loss_backward(
            g[0],
            log_probs,
            targets,
            input_lengths,
            target_lengths,
            y0,
            y1,
            blank=blank,
            zero_infinity=zero_infinity,
        )
    )
)


def _endings(xp, emissions, skips, final, lengths):
    """The log-probability of all ways from each state to the end, at each time; none after the last."""
    n, states = skips.shape
    # From a state two ahead: whether that one may be reached so.
    rows = []
    after = None
    pad = addressing.constant(xp, skips, (n, min(2, states)), False, xp.bool)
    skips = xp.concat([skips[:, 2:], pad], axis=1)
    for t in reversed(range(emissions.shape[0])):
        row = xp.where(final, emissions[t, ...], -math.inf)
        if after is not None:
            twice = xp.where(skips, _ahead(xp, after, 2), -math.inf)
            through = _log_sum(xp, after, _ahead(xp, after, 1), twice) + emissions[t, ...]
            row = xp.where(xp.expand_dims(xp.equal(lengths - 1, t), axis=1), row, through)
        after = xp.where(xp.expand_dims(xp.greater(lengths, t), axis=1), row, -math.inf)
        rows.append(after)
    return xp.stack(rows[::-1], axis=0)


def _ahead(xp, x, by):
    """States moved to the left."""
    n, states = x.shape
    return xp.concat([x[:, by:], addressing.constant(xp, x, (n, min(by, states)), -math.inf, x.dtype)], axis=1)


@op(promote="none", undefined=True, tested="tests/oracle/losses.py")
def ctc_loss_backward(
    xp, grad, log_probs, targets, input_lengths, target_lengths, loss, alpha, *, blank, zero_infinity
):
    """exp(log_probs) less the probability of each class at each time, under all alignments of the target."""
    labels, skips = _states(xp, targets, blank)
    emissions = _emissions(xp, log_probs, labels)
    states = addressing.counting(xp, targets, labels.shape[1])
    ends = 2 * xp.expand_dims(target_lengths, axis=1)
    final = xp.logical_or(xp.equal(states, ends), xp.equal(states, ends - 1))
    beta = _endings(xp, emissions, skips, final, input_lengths)
    impossible = xp.logical_or(xp.equal(alpha, -math.inf), xp.equal(beta, -math.inf))
    through = xp.where(impossible, -math.inf, alpha + beta - xp.where(impossible, 0.0, emissions))
    posterior = xp.exp(through + xp.expand_dims(loss, axis=1))
    index = xp.broadcast_to(xp.expand_dims(labels, axis=0), tuple(emissions.shape))
    posterior = xp.scatter_zeros(posterior, index, axis=2, shape=tuple(log_probs.shape))
    result = xp.reshape(grad, shape=(grad.shape[0], 1)) * (xp.exp(log_probs) - posterior)
    if zero_infinity:
        # The loss was set to 0: it is possible that nothing fits.
        fits = xp.any(xp.logical_not(impossible), axis=(0, 2))
        result = xp.where(xp.expand_dims(fits, axis=1), result, 0.0)
    times = xp.reshape(addressing.counting(xp, targets, alpha.shape[0]), shape=(-1, 1, 1))
    return xp.where(xp.less(times, xp.expand_dims(input_lengths, axis=1)), result, 0.0)
