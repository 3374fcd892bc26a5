"""Adding a gradient into ``.grad``: who owns the array, who sees it grow, and several threads at one leaf."""

from __future__ import annotations

import threading
from typing import Any

from plugrad.core import dispatch
from plugrad.core.conjugation import conjugated
from plugrad.core.errors import with_hint

# A lock that its own thread may take again: adding gradients of function transforms runs ops.
_accumulating = threading.RLock()
_acquire, _release = _accumulating.acquire, _accumulating.release


def accumulate(self: Any, grad: Any, fresh: bool, create_graph: bool, leaf: bool = True) -> None:
    """Add into ``.grad``: a Tensor with ``create_graph``, else a raw array, taken over where it is ``fresh``.

    It is as the walk carries it: the conjugate, where it is complex.
    """
    if leaf and self.edge is not None:
        raise RuntimeError(
            with_hint(
                "leaf variable has been moved into the graph interior",
                "it was used as a leaf, and then changed in place by what requires gradients.",
            )
        )
    if not self.tracked:
        # It was when it was recorded; by now nobody wants its gradient.
        return
    if self.dtype.is_complex:
        grad, fresh = conjugated(grad, self.device, create_graph), True
    device = self.device
    # Walks in several threads may meet at one leaf. 80 ns; `with` takes 200.
    _acquire()
    try:
        known = self._grad
        if create_graph:
            # A copy: the user may hold the very gradient, or two leaves have got the same one.
            self._grad = device.ops.clone(grad) if known is None else known + grad
        elif known is None:
            self._grad = dispatch.Tensor(grad if fresh else device.backend.copy(grad), device, self.dtype)
        elif not leaf or known.tracked or known.version is None:
            # Made with create_graph, or in inference mode: replaced, so that nothing that was recorded changes.
            # And as in PyTorch where retain_grad was called.
            self._grad = dispatch.Tensor(known.raw + grad, device, self.dtype)
        else:
            # In place: who holds x.grad sees it grow, as in PyTorch.
            known.raw = device.backend.write(known.raw, known.raw + grad)
            known.version[0] += 1
    finally:
        _release()
