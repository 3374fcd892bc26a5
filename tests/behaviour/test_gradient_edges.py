"""Places in the graph: GradientEdge in the place of tensors, Node, version counters."""

from __future__ import annotations

import weakref
from typing import Any

import pytest

from tests.support.library import NAME, differs_from_torch, raises, torch

grad = torch.autograd.grad
graph = torch.autograd.graph


def chain() -> tuple[Any, Any, Any]:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    return x, y, y * y


def test_edges_as_inputs() -> None:
    x, y, z = chain()
    edges = [graph.get_gradient_edge(y), graph.get_gradient_edge(x)]
    dy, dx = grad(z.sum(), edges)
    assert dy.tolist() == [4.0, 8.0]
    assert dx.tolist() == [8.0, 16.0]


def test_edge_of_a_leaf_shows_the_leaf() -> None:
    x, _, _ = chain()
    edge = graph.get_gradient_edge(x)
    assert edge.node.variable is x
    assert edge.output_nr == 0
    assert isinstance(edge, tuple)


def test_edges_as_outputs() -> None:
    x, y, z = chain()
    edge, total = graph.get_gradient_edge(y), graph.get_gradient_edge(z.sum())
    del y
    assert grad(edge, x, torch.ones(2), retain_graph=True)[0].tolist() == [2.0, 2.0]
    assert grad(total, x, retain_graph=True)[0].tolist() == [8.0, 16.0]
    torch.autograd.backward([edge, total], [torch.ones(2), None])
    assert x.grad.tolist() == [10.0, 18.0]


def test_edge_made_by_hand() -> None:
    x, y, _ = chain()
    edge = graph.GradientEdge(y.grad_fn, y.output_nr)
    assert grad(edge, x, torch.ones(2))[0].tolist() == [2.0, 2.0]


def test_edge_of_a_leaf_as_output() -> None:
    x, _, _ = chain()
    assert grad(graph.get_gradient_edge(x), x, torch.ones(2))[0].tolist() == [1.0, 1.0]


def test_edges_of_one_of_several_outputs() -> None:
    x = torch.ones(2, 2, requires_grad=True)
    a, b = x.unbind(0)
    edge = graph.get_gradient_edge(b)
    assert edge.output_nr == 1
    assert grad((a + 3 * b).sum(), edge, retain_graph=True)[0].tolist() == [3.0, 3.0]
    assert grad(edge, x, torch.ones(2))[0].tolist() == [[0.0, 0.0], [1.0, 1.0]]


def test_edges_under_create_graph() -> None:
    x, y, z = chain()
    (dy,) = grad(z.sum(), graph.get_gradient_edge(y), create_graph=True)
    assert grad(dy.sum(), x)[0].tolist() == [4.0, 4.0]


def test_edge_does_not_keep_the_tensor() -> None:
    y = torch.ones(2, requires_grad=True) * 2
    edge, kept = graph.get_gradient_edge(y), weakref.ref(y)
    del y
    assert kept() is None
    assert edge.node.name() == "MulBackward0"


def test_backward_accumulates_into_the_leaf_of_an_edge() -> None:
    x, y, z = chain()
    z.sum().backward(inputs=[graph.get_gradient_edge(x)])
    assert x.grad.tolist() == [8.0, 16.0]
    assert y.grad_fn is not None


def test_inputs_may_be_a_dict() -> None:
    x, y, z = chain()
    found = grad(z.sum(), {"x": x, "y": y}, retain_graph=True)
    assert {name: g.tolist() for name, g in found.items()} == {"x": [8.0, 16.0], "y": [4.0, 8.0]}
    z.sum().backward(inputs={"x": x})
    assert x.grad.tolist() == [8.0, 16.0]


def test_unused_edges() -> None:
    x, _, z = chain()
    other = graph.get_gradient_edge(x * 3)
    assert grad(z.sum(), other, retain_graph=True, allow_unused=True) == (None,)
    with raises(
        RuntimeError,
        "The differentiated Tensor at index 0 appears to not have been used in the graph. Set allow_unused=True if "
        "this is the desired behavior.",
    ):
        grad(z.sum(), other)


def test_edges_are_checked() -> None:
    x, y, z = chain()
    edge = graph.get_gradient_edge(y)
    with raises(RuntimeError, "grad can be implicitly created only for scalar outputs"):
        grad(edge, x)
    with raises(
        RuntimeError,
        "Mismatch in shape: grad_output[0] has a shape of torch.Size([3]) and output[0] has a shape of torch.Size([2]).",
    ):
        grad(edge, x, torch.ones(3))
    with raises(
        RuntimeError,
        "It is not possible to get the gradient edge for a Tensor that does not require gradients",
    ):
        graph.get_gradient_edge(torch.ones(2))
    with raises(RuntimeError, "all inputs have to be Tensors or GradientEdges, but got int"):
        grad(z.sum(), [3])
    with raises(RuntimeError, "`inputs` argument to `grad()` cannot be empty."):
        grad(z.sum(), [])
    with pytest.raises(TypeError, match="'int' object is not iterable"):
        grad(3, x)


@differs_from_torch("PyTorch's nodes know the shapes of their outputs")
def test_walk_can_only_start_at_an_output_of_known_shape() -> None:
    x, _, z = chain()
    node, number = z.grad_fn.next_functions[0]
    with pytest.raises(RuntimeError, match="nothing is known of output 0 of MulBackward0"):
        grad(graph.GradientEdge(node, number), x, torch.ones(2))


def test_node_is_an_abstract_class() -> None:
    x, _, z = chain()
    (first, _), _ = z.grad_fn.next_functions
    assert isinstance(z.grad_fn, graph.Node)
    assert isinstance(first.next_functions[0][0], graph.Node)
    assert issubclass(type(z.grad_fn), graph.Node)
    assert not isinstance(x, graph.Node)
    with pytest.raises(TypeError, match="abstract"):
        graph.Node()


def test_names_and_notes_of_nodes() -> None:
    _, _, z = chain()
    leaf = z.grad_fn.next_functions[0][0].next_functions[0][0]
    assert leaf.name() == f"{NAME}::autograd::AccumulateGrad"
    assert leaf.metadata == {}
    leaf.metadata["note"] = 1
    z.grad_fn.metadata["note"] = 2
    assert (leaf.metadata, z.grad_fn.metadata) == ({"note": 1}, {"note": 2})
    assert leaf._sequence_nr() > z.grad_fn._sequence_nr() > z.grad_fn.next_functions[0][0]._sequence_nr()


def test_nodes_tell_what_their_outputs_are() -> None:
    _, y, _ = chain()
    (facts,) = y.grad_fn._input_metadata
    assert list(facts.shape) == [2]
    assert facts.dtype is torch.float32
    assert facts.device == y.device


def test_increment_version() -> None:
    x, y, z = chain()
    before = y._version
    graph.increment_version(y)
    graph.increment_version([y, x])
    assert y._version == before + 2
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        z.sum().backward()
    with torch.inference_mode():
        free = torch.ones(2)
    graph.increment_version(free)
    with raises(RuntimeError, "increment_version expect a Iterable[Tensor] as input"):
        graph.increment_version(3)
    with raises(RuntimeError, "increment_version expects each element of the iterable to be a tensor"):
        graph.increment_version([3])
