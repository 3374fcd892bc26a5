"""Steps of random programs that call Functions of the user's own: plain ones, with views, with changes in place."""

from __future__ import annotations

import functools
from typing import Any


@functools.cache
def _made(lib: Any) -> dict[str, Any]:
    class Cube(lib.autograd.Function):
        """Saves its input."""

        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x.tanh() ** 3

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            t = ctx.saved_tensors[0].tanh()
            return g * 3 * t**2 * (1 - t**2)

    class Sine(lib.autograd.Function):
        """Saves its output, and has the derivative of something else."""

        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            y = x.sin()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * ctx.saved_tensors[0]

    class Product(lib.autograd.Function):
        """Of two inputs that broadcast."""

        @staticmethod
        def forward(ctx: Any, x: Any, y: Any, factor: float) -> Any:
            ctx.save_for_backward(x, y)
            ctx.factor = factor
            return x * y * factor

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, y = ctx.saved_tensors
            return g * y * ctx.factor, (g * x * ctx.factor).to(y.dtype), None

    class Pair(lib.autograd.Function):
        """Two outputs, and a mask that has no gradient."""

        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            mask = (x > 0).to(x.dtype)
            ctx.mark_non_differentiable(mask)
            ctx.save_for_backward(x, mask)
            return x * mask, x.cos(), mask

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any, _: Any) -> Any:
            x, mask = ctx.saved_tensors
            return g * mask - h * x.sin()

    class Same(lib.autograd.Function):
        """Returns its input."""

        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 5

    class Flat(lib.autograd.Function):
        """Returns a view of its input."""

        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.shape = x.shape
            return x.view(-1)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g.reshape(ctx.shape) * 5

    class Parts(lib.autograd.Function):
        """Returns two views."""

        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x[:1], x[1:]

        @staticmethod
        def backward(ctx: Any, g: Any, h: Any) -> Any:
            return lib.cat([2 * g, 3 * h])

    class Doubled(lib.autograd.Function):
        """Changes its input."""

        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.mark_dirty(x)
            return x.mul_(2)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return 2 * g

    class Moved(lib.autograd.Function):
        """Adds its second input to its first."""

        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            ctx.mark_dirty(x)
            ctx.shape = y.shape
            return x.add_(y)

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g, g

    return {f.__name__: f for f in (Cube, Sine, Product, Pair, Same, Flat, Parts, Doubled, Moved)}


def function(lib: Any, name: str) -> Any:
    """What calls a Function."""
    return _made(lib)[name].apply
