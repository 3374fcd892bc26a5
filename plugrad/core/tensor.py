"""class Tensor: identity, gradient, place in the graph. Its mathematics comes from ``methods``."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable
from typing import Any

from plugrad.core import autograd, copies, dispatch, engine, hooks, printing, record
from plugrad.core.accumulation import accumulate
from plugrad.core.errors import with_hint
from plugrad.core.hooks import RemovableHandle
from plugrad.core.levels import innermost
from plugrad.core.methods import Methods
from plugrad.core.modes import mode
from plugrad.core.size import Size
from plugrad.core.value import Value

_NON_LEAF_GRAD = (
    "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute won't be "
    "populated during autograd.backward(). If you indeed want the .grad field to be populated for a non-leaf Tensor, "
    "use .retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by mistake, make sure you access "
    "the leaf Tensor instead. See github.com/pytorch/pytorch/pull/30531 for more information."
)

# Each version of the standard contains those before.
_API_VERSIONS = ("2021.12", "2022.12", "2023.12", "2024.12")

# What __array_namespace__ returns for a device: plugrad.array_api, which lies above, hands it down.
_namespace_of: Any = None


def bind_namespace(namespace_of: Callable[[Any], Any]) -> None:
    """Let Tensors return as their namespace what this function says for their device."""
    global _namespace_of
    _namespace_of = namespace_of


_IN_TRANSFORM = (
    "You are attempting to call Tensor.requires_grad_() (or perhaps using torch.autograd.functional.* APIs) inside of "
    "a function being transformed by a functorch transform. This is unsupported, please attempt to use the functorch "
    "transforms (e.g. grad, vjp, jacrev, jacfwd, hessian) or call requires_grad_() outside of a function being "
    "transformed instead."
)

_CHANGE_NON_LEAF = (
    "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a subgraph "
    "that doesn't require differentiation use var_no_grad = var.detach()."
)


class Tensor(Methods, Value):
    """An array with a dtype, a device, and a place in the graph of recorded ops.

    Made by ``plugrad.tensor``, ``plugrad.zeros`` and the other creation functions, and by every op.

    Attributes:
        device: Where it lives.
        dtype: Its element type.

    Example::

        >>> import plugrad
        >>> x = plugrad.tensor([1.0, 2.0], requires_grad=True)
        >>> (x * x).sum().backward()
        >>> x.grad
        tensor([2., 4.])
    """

    # Rare facts have defaults on the class, so that making a Tensor does not set them.
    #: The tensor whose memory a view shares.
    base: Tensor | None = None
    #: How a view is made from its base, and weak references to the base's views.
    steps: tuple[Any, ...] = ()
    views: set[Any] | None = None
    #: "no_grad", "inference", "several" or "function": how a view was made of which in-place changes are refused.
    creation = ""
    #: Tensor hooks and post-accumulate hooks of a leaf.
    hooks: dict[int, Any] | None = None
    post_accumulate_hooks: dict[int, Any] | None = None
    #: A leaf stands in the graph like a node with one output.
    outputs = None
    #: What the user saw as this leaf's node, weakly.
    accumulator: weakref.ref[Any] | None = None
    _grad: Tensor | None = None
    _retains_grad = False
    name: str | None = None

    __hash__ = object.__hash__

    # -- shape and type --------------------------------------------------------------------------------------------

    @property
    def shape(self) -> Size:
        """The sizes of all dimensions."""
        return Size(self.raw.shape)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.raw.shape)

    def dim(self) -> int:
        """Return the number of dimensions."""
        return len(self.raw.shape)

    def size(self, dim: int | None = None) -> Any:
        """Return the shape, or the size of one dimension."""
        shape = self.shape
        if dim is None:
            return shape
        return shape[dispatch.normalized_dim(dim, len(shape))]

    def numel(self) -> int:
        """Return the number of elements."""
        return self.shape.numel()

    nelement = numel

    @property
    def itemsize(self) -> int:
        """Bytes per element."""
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.dtype.itemsize * self.numel()

    def element_size(self) -> int:
        """Return the bytes per element."""
        return self.dtype.itemsize

    def is_floating_point(self) -> bool:
        """Return whether the dtype is real floating point."""
        return self.dtype.is_floating_point

    def is_complex(self) -> bool:
        """Return whether the dtype is complex."""
        return self.dtype.is_complex

    def is_signed(self) -> bool:
        """Return whether the dtype has negative values."""
        return self.dtype.is_signed

    @property
    def is_cuda(self) -> bool:
        """Whether the tensor is on an NVIDIA GPU."""
        return self.device.type == "cuda"

    @property
    def is_cpu(self) -> bool:
        """Whether the tensor is on the CPU."""
        return self.device.type == "cpu"

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        """Return ``plugrad.array_api``, the differentiable namespace of the Array API standard.

        Its functions that make arrays of nothing (``zeros``, ``arange``) make them on this tensor's device.

        Args:
            api_version: The version of the standard that is expected, such as ``"2024.12"``.

        Raises:
            ValueError: for a version that the namespace does not follow.
        """
        if api_version is not None and api_version not in _API_VERSIONS:
            raise ValueError(
                with_hint(
                    f"plugrad follows no version {api_version!r} of the Array API standard",
                    f"it follows {', '.join(_API_VERSIONS)}.",
                )
            )
        return _namespace_of(self.device)

    # -- the graph -------------------------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether gradients are wanted of it: ops on it are recorded."""
        return self.tracked

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if self.edge is not None:
            if not value:
                raise RuntimeError(with_hint(_CHANGE_NON_LEAF, "y = x.detach() is a tensor outside of the graph."))
            return
        if value and self.version is None and mode() >= 0:
            raise RuntimeError(
                with_hint(
                    "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.",
                    "x.clone() makes a normal tensor of it.",
                )
            )
        if value and not self.dtype.is_inexact:
            raise RuntimeError(
                with_hint(
                    "only Tensors of floating point and complex dtype can require gradients",
                    f"this one is {self.dtype}; convert it first: x.float().",
                )
            )
        self.tracked = bool(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Set ``requires_grad`` in place and return this tensor.

        Args:
            requires_grad: Whether gradients are wanted of it.

        Raises:
            RuntimeError: for integer tensors, and for False on a tensor that was computed.
        """
        if requires_grad and not self.dtype.is_inexact:
            raise RuntimeError(
                with_hint(
                    "only Tensors of floating point dtype can require gradients",
                    f"this one is {self.dtype}; convert it first: x.float().",
                )
            )
        level = innermost()
        if requires_grad and level is not None and level.makes:
            raise RuntimeError(with_hint(_IN_TRANSFORM, "plugrad.func.grad(f) makes its arguments variables."))
        self.requires_grad = requires_grad
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether it was made by the user rather than computed from tensors that require gradients."""
        edge = self.edge
        # To ask an outdated view for its place in the graph raises.
        return edge is None or not edge

    @property
    def grad_fn(self) -> Any:
        """The node that computed it, or None for leaves."""
        if self.edge is None or self.edge[1] is None:
            return None
        node, number = self.edge
        node.note_output(number, self.raw.shape, self.dtype)
        return node

    @property
    def output_nr(self) -> int:
        """Which output of ``grad_fn`` it is."""
        return 0 if self.edge is None else self.edge[1] or 0

    @property
    def grad(self) -> Tensor | None:
        """The accumulated gradient, or None. Filled by ``backward`` on leaves and where ``retain_grad`` was called."""
        if self.edge is not None and self._grad is None and not self._retains_grad:
            warnings.warn(_NON_LEAF_GRAD, UserWarning, stacklevel=2)
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is None:
            self._grad = None
            return
        if not isinstance(value, Tensor):
            raise TypeError(f"assigned grad expected to be a Tensor or None but got grad of type {_type_name(value)}")
        if value is self:
            raise RuntimeError("can't assign Variable as its own grad")
        if value.dtype is not self.dtype:
            raise RuntimeError(
                f"attempting to assign a gradient with dtype '{value.dtype.legacy_name.lower()}' to a tensor with "
                f"grad_dtype '{self.dtype.legacy_name}'. The gradient must match the tensor's grad_dtype (defaults to "
                "the tensor's dtype). You can set the tensor's grad_dtype attribute with a specific dtype, or None to "
                "allow any dtype. Set grad_dtype with caution. Diverging the dtypes of a tensor and its gradient may "
                "break downstream systems that assume they match."
            )
        if value.device is not self.device:
            raise RuntimeError(
                f"attempting to assign a gradient with device type '{value.device.type}' to a tensor with device type "
                f"'{self.device.type}'. Please ensure that the gradient and the tensor are on the same device"
            )
        if tuple(value.raw.shape) != tuple(self.raw.shape):
            raise RuntimeError(
                f"attempting to assign a gradient of size '{list(value.raw.shape)}' to a tensor of size "
                f"'{list(self.raw.shape)}'. Please ensure that the gradient and the tensor are the same size"
            )
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    accumulate = accumulate

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
        inputs: Any = None,
    ) -> None:
        """Add the gradients of this tensor with respect to the graph's leaves into their ``.grad``.

        Args:
            gradient: The incoming gradient, of this tensor's shape; None for a scalar means 1.
            retain_graph: Keep what the graph saved, for another backward. Default: the value of ``create_graph``.
            create_graph: Record the walk, so that the gradients can be differentiated again.
            inputs: Accumulate only into these tensors.

        Raises:
            RuntimeError: if this tensor requires no gradient, is no scalar and ``gradient`` is None, or if the graph
                was freed by an earlier backward.

        Example::

            >>> import plugrad
            >>> x = plugrad.tensor(3.0, requires_grad=True)
            >>> (x**2).backward()
            >>> x.grad
            tensor(6.)
        """
        plain = gradient is None and inputs is None and not create_graph and not self.dtype.is_complex
        if plain and self.edge is not None and not self.raw.shape:
            # The usual call, on a loss: nothing to check.
            engine.run((self.edge,), (self.device.xp.ones_like(self.raw),), bool(retain_graph), False)
        else:
            autograd.backward(self, gradient, retain_graph, create_graph, inputs)

    def retain_grad(self) -> None:
        """Have ``backward`` fill ``.grad`` of this computed tensor too.

        Raises:
            RuntimeError: if it requires no gradient.
        """
        if not self.tracked:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if self.edge is not None and not self._retains_grad:
            node, number = self.edge
            hooks.of_node(node).retained[number] = weakref.ref(self)
            self._retains_grad = True

    @property
    def retains_grad(self) -> bool:
        """Whether ``retain_grad`` was called on this computed tensor."""
        return self._retains_grad

    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
        """Call ``hook(grad)`` whenever the gradient of this tensor is computed; what it returns replaces it.

        Args:
            hook: A function of the gradient. It must not change its argument.

        Returns:
            A handle with ``remove()``.

        Raises:
            RuntimeError: if this tensor requires no gradient.

        Example::

            >>> import plugrad
            >>> x = plugrad.tensor(1.0, requires_grad=True)
            >>> handle = x.register_hook(lambda grad: 10 * grad)
            >>> (2 * x).backward()
            >>> x.grad
            tensor(20.)
        """
        if not self.tracked:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self.edge is None:
            if self.hooks is None:
                self.hooks = {}
            return hooks.add(self.hooks, hook)
        node, number = self.edge
        return hooks.add(hooks.of_node(node).outputs.setdefault(number, {}), hook)

    def register_post_accumulate_grad_hook(self, hook: Callable[[Tensor], None]) -> RemovableHandle:
        """Call ``hook(tensor)`` after each time that ``.grad`` of this leaf has been accumulated.

        Args:
            hook: A function of the leaf.

        Returns:
            A handle with ``remove()``.

        Raises:
            RuntimeError: if this tensor requires no gradient or is no leaf.
        """
        if not self.tracked:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self.edge is not None:
            raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
        if self.post_accumulate_hooks is None:
            self.post_accumulate_hooks = {}
        return hooks.add(self.post_accumulate_hooks, hook)

    def detach(self) -> Tensor:
        """Return a tensor of the same memory outside of the graph; in-place changes of either are seen by both."""
        backend: Any = self.device.backend
        self.raw = backend.aliasable(self.raw)
        # Out of the graphs of all levels of function transforms, as in PyTorch.
        out = Tensor(backend.detached(self.raw) if self.device.depth else self.raw, self.device, self.dtype)
        self.share_with(out)
        return out

    def share_with(self, out: Tensor) -> None:
        """Let ``out``, made around this tensor's array, count and see in-place changes together with it."""
        out.version = self.version
        if not self.device.backend.capabilities.views:
            out.detached_from = self if self.base is None else self.base
            out.steps = self.steps
            record.remember(out.detached_from, out)

    #: On libraries without views: the tensor that a detached one is to share its values with.
    detached_from: Tensor | None = None

    def detach_(self) -> Tensor:
        """Take this tensor out of the graph: it becomes a leaf that requires no gradient.

        Raises:
            RuntimeError: for views.
        """
        if self._is_view():
            raise RuntimeError(
                "Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel (DDP) "
                "for training, and gradient_as_bucket_view is set as True, gradients are views of DDP buckets, and "
                "hence detach_() cannot be called on these gradients. To fix this error, please refer to the "
                "Optimizer.zero_grad() function in plugrad/optim/optimizer.py as the solution."
            )
        if self.device.depth:
            backend: Any = self.device.backend
            self.raw = backend.detached(self.raw)
        self.edge = None
        self.tracked = False
        self._retains_grad = False
        return self

    @property
    def data(self) -> Tensor:
        """The same memory outside of the graph. Changes of it are counted like any other (PyTorch hides them)."""
        return self.detach()

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {_type_name(value)}")
        # Another array from now on: what was saved of the old one stays as it is.
        self.raw = value.raw
        self.dtype = value.dtype
        self.device = value.device
        self.version = value.version

    @property
    def _version(self) -> int:
        if self.version is None:
            raise RuntimeError("Inference tensors do not track version counter.")
        return self.version[0]

    @property
    def _base(self) -> Tensor | None:
        return None if self.version is None else self.base

    def _is_view(self) -> bool:
        return self.base is not None and self.version is not None

    def is_inference(self) -> bool:
        """Return whether it was made in inference mode."""
        return self.version is None

    # -- Python's protocols ----------------------------------------------------------------------------------------

    def __repr__(self) -> str:
        return printing.format_tensor(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        out: Tensor = copies.deep_copy(self, memo)
        return out

    def __reduce_ex__(self, protocol: Any) -> Any:
        return copies.pickled(self)


def _type_name(value: object) -> str:
    return type(value).__name__


dispatch.bind(Tensor)
