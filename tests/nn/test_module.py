"""Module itself: registration, attributes, calling, text, copying and pickling."""

from __future__ import annotations

import copy
import pickle

import pytest

from tests.support.library import AGAINST_TORCH, NAME, differs_from_torch, raises, torch

nn = torch.nn


class Model(nn.Module):
    """Parameters, buffers and submodules of every kind."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)
        self.scale = nn.Parameter(torch.ones(2))
        self.register_buffer("offset", torch.zeros(2))
        self.register_buffer("cache", torch.zeros(1), persistent=False)
        self.register_parameter("absent", None)
        self.plain = torch.ones(4)

    def forward(self, x, *, factor=1):
        return self.layer(x) * self.scale * factor + self.offset


class Fails(nn.Module):
    def __init__(self, error=None):
        super().__init__()
        self.error = error or ValueError("too deep")

    def forward(self, x):
        raise self.error


# --- registration and attributes


def test_what_assignment_registers():
    model = Model()
    assert list(model._parameters) == ["scale", "absent"]
    assert list(model._buffers) == ["offset", "cache"]
    assert list(model._modules) == ["layer"]
    assert "plain" in model.__dict__
    assert "scale" not in model.__dict__
    assert model.absent is None


def test_a_parameter_replaces_an_attribute_of_the_same_name():
    module = nn.Module()
    module.x = 1
    module.x = nn.Parameter(torch.ones(1))
    assert "x" not in module.__dict__
    assert list(module._parameters) == ["x"]
    module.x = None
    assert module.x is None
    assert list(module._parameters) == ["x"]


def test_a_module_replaces_a_buffer_and_a_parameter_replaces_both():
    module = nn.Module()
    module.register_buffer("x", torch.ones(1), persistent=False)
    module.x = nn.Identity()
    assert list(module._buffers) == []
    assert list(module._modules) == ["x"]
    module.register_buffer("y", torch.ones(1), persistent=False)
    module.y = module.x
    module.y = nn.Parameter(torch.ones(1))
    assert list(module._modules) == ["x"]
    assert list(module._parameters) == ["y"]
    assert module._non_persistent_buffers_set == set()


def test_a_parameter_or_module_is_only_replaced_by_its_like():
    module = Model()
    with raises(
        TypeError,
        "cannot assign 'torch.FloatTensor' as parameter 'scale' (torch.nn.Parameter or None expected)",
    ):
        module.scale = torch.ones(2)
    with raises(TypeError, "cannot assign 'int' as child module 'layer' (torch.nn.Module or None expected)"):
        module.layer = 1
    assert module.scale.tolist() == [1, 1]
    assert isinstance(module.layer, nn.Linear)


def test_a_buffer_stays_a_buffer_when_a_tensor_or_none_is_assigned():
    model = Model()
    new = torch.ones(2)
    model.offset = new
    assert model._buffers["offset"] is new
    model.cache = torch.ones(1)
    assert list(model.state_dict()) == ["scale", "offset", "layer.weight", "layer.bias"]
    model.offset = None
    assert model._buffers["offset"] is None
    with pytest.raises(TypeError, match="cannot assign 'int' as buffer 'offset'"):
        model.offset = 1


def test_buffer_objects_register_themselves():
    module = nn.Module()
    module.mean = nn.Buffer(torch.zeros(2))
    module.cache = nn.Buffer(torch.zeros(2), persistent=False)
    assert list(module._buffers) == ["mean", "cache"]
    assert list(module.state_dict()) == ["mean"]
    assert isinstance(module.mean, nn.Buffer)
    assert isinstance(module.mean, torch.Tensor)


def test_deleting_attributes():
    model = Model()
    del model.scale, model.offset, model.cache, model.layer, model.plain
    assert not (list(model.parameters()))
    assert not (list(model.buffers()))
    assert not (list(model.children()))
    assert model._non_persistent_buffers_set == set()
    with pytest.raises(AttributeError, match="plain"):
        del model.plain


def test_dir_names_all_members_but_no_numbers():
    names = dir(Model())
    assert {"layer", "scale", "offset", "absent", "plain", "forward", "training"} <= set(names)
    assert names == sorted(names)
    assert "0" not in dir(nn.Sequential(nn.ReLU()))


REFUSED = {
    "parameter of a tensor": (
        TypeError,
        "cannot assign 'torch.FloatTensor' object to parameter 'x' (torch.nn.Parameter or None required)",
        lambda module: module.register_parameter("x", torch.ones(1)),
    ),
    "parameter of a number": (
        TypeError,
        "cannot assign 'int' object to parameter 'x' (torch.nn.Parameter or None required)",
        lambda module: module.register_parameter("x", 1),
    ),
    "parameter with a dot": (
        KeyError,
        'parameter name can\'t contain "."',
        lambda module: module.register_parameter("a.b", None),
    ),
    "parameter without a name": (
        KeyError,
        'parameter name can\'t be empty string ""',
        lambda module: module.register_parameter("", None),
    ),
    "parameter of a name that is a number": (
        TypeError,
        "parameter name should be a string. Got int",
        lambda module: module.register_parameter(1, None),
    ),
    "parameter of a name that exists": (
        KeyError,
        "attribute 'forward' already exists",
        lambda module: module.register_parameter("forward", None),
    ),
    "buffer of a number": (
        TypeError,
        "cannot assign 'float' object to buffer 'x' (torch Tensor or None required)",
        lambda module: module.register_buffer("x", 1.0),
    ),
    "buffer with a dot": (
        KeyError,
        'buffer name can\'t contain "."',
        lambda module: module.register_buffer("a.b", None),
    ),
    "buffer of a name that exists": (
        KeyError,
        "attribute 'training' already exists",
        lambda module: module.register_buffer("training", None),
    ),
    "module of a tensor": (
        TypeError,
        "torch.FloatTensor is not a Module subclass",
        lambda module: module.add_module("x", torch.ones(1)),
    ),
    "module of a class": (
        TypeError,
        "torch.nn.modules.linear.Linear is not a Module subclass",
        lambda module: module.add_module("x", nn.Linear),
    ),
    "module with a dot": (
        KeyError,
        'module name can\'t contain ".", got: a.b',
        lambda module: module.register_module("a.b", nn.ReLU()),
    ),
    "module without a name": (
        KeyError,
        'module name can\'t be empty string ""',
        lambda module: module.add_module("", nn.ReLU()),
    ),
    "module of a name that exists": (
        KeyError,
        "attribute 'training' already exists",
        lambda module: module.add_module("training", nn.ReLU()),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_registrations(case):
    kind, text, register = REFUSED[case]
    if not AGAINST_TORCH:
        text = text.replace("(torch Tensor", "(plugrad Tensor").replace("modules.linear", "linear")
    module = nn.Module()
    with raises(kind, text):
        register(module)
    assert not (module._parameters)
    assert not (module._buffers)
    assert not (module._modules)


def test_a_parameter_that_was_computed_is_refused():
    class Odd(nn.Parameter):
        """Claims a history, which a parameter never has by itself."""

        grad_fn = "something"

    module = nn.Module()
    odd = nn.Parameter(torch.ones(1))
    odd.__class__ = Odd
    with raises(
        ValueError,
        "Cannot assign non-leaf Tensor to parameter 'x'. Model parameters must be created explicitly. To "
        "express 'x' as a function of another Tensor, compute the value in the forward() method.",
    ):
        module.x = odd


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (lambda: nn.Parameter(torch.ones(1)), "cannot assign parameters before Module.__init__() call"),
        (lambda: nn.Identity(), "cannot assign module before Module.__init__() call"),
    ],
)
def test_assignment_before_init_is_refused(value, text):
    class Early(nn.Module):
        def __init__(self):
            self.x = value()

    with raises(AttributeError, text):
        Early()


def test_init_takes_no_arguments():
    with raises(TypeError, "Module.__init__() got an unexpected keyword argument 'size'"):
        nn.Module(size=1)
    with raises(TypeError, "Module.__init__() takes 1 positional argument but 3 were given"):
        nn.Module(1, 2)


def test_call_super_init_serves_multiple_inheritance():
    class Mixin:
        def __init__(self, size):
            self.size = size

    class Both(nn.Module, Mixin):
        call_super_init = True

        def __init__(self, size):
            super().__init__(size)

    assert Both(3).size == 3


# --- calling


def test_call_runs_forward_with_all_arguments():
    model = Model()
    x = torch.ones(1, 3)
    assert (model(x, factor=2) == 2 * model(x)).all()


def test_forward_can_be_replaced_on_the_instance():
    module = nn.Identity()
    module.forward = lambda x: x + 1
    assert module(1) == 2


@differs_from_torch("PyTorch does not say which layer failed")
def test_an_error_names_the_layer():
    model = nn.Sequential(nn.Identity(), nn.Sequential(nn.Linear(2, 2), Fails()))
    with pytest.raises(ValueError, match="too deep") as caught:
        model(torch.ones(1, 2))
    assert caught.value.__notes__ == ["in layer '1.1' of Sequential: Fails()"]


@differs_from_torch("PyTorch does not say which layer failed")
def test_an_error_of_a_module_that_is_called_alone_names_it():
    with pytest.raises(ValueError, match="too deep") as caught:
        Fails()(1)
    assert caught.value.__notes__ == ["in layer Fails()"]


@differs_from_torch("PyTorch does not say which layer failed")
def test_the_note_keeps_other_notes():
    error = ValueError("too deep")
    error.add_note("first")
    with pytest.raises(ValueError, match="too deep") as caught:
        nn.Sequential(Fails(error))(1)
    assert caught.value.__notes__ == ["first", "in layer '0' of Sequential: Fails()"]


@differs_from_torch("PyTorch does not say which layer failed")
def test_a_layer_that_is_no_child_of_its_caller_is_named_by_its_kind():
    class Caller(nn.Module):
        def forward(self, x):
            return Fails()(x)

    with pytest.raises(ValueError, match="too deep") as caught:
        nn.Sequential(Caller())(1)
    assert caught.value.__notes__ == ["in layer Fails()"]


@differs_from_torch("PyTorch does not say which layer failed")
def test_a_layer_without_a_working_repr_does_not_hide_the_error():
    class Broken(Fails):
        def extra_repr(self):
            return self.missing

    with pytest.raises(ValueError, match="too deep") as caught:
        Broken()(1)
    assert caught.value.__notes__ == ["in layer Broken"]


# --- text


def test_repr_of_a_tree():
    model = Model()
    model.blocks = nn.ModuleList([nn.Sequential(nn.ReLU()), nn.Sequential(nn.ReLU()), nn.Identity()])
    assert (
        repr(model)
        == """Model(
  (layer): Linear(in_features=3, out_features=2, bias=True)
  (blocks): ModuleList(
    (0-1): 2 x Sequential(
      (0): ReLU()
    )
    (2): Identity()
  )
)"""
    )


def test_repr_of_extra_lines_and_children():
    class Extra(nn.Module):
        def __init__(self, *lines, child=None):
            super().__init__()
            self.lines = lines
            self.child = child

        def extra_repr(self):
            return "\n".join(self.lines)

    assert repr(Extra()) == "Extra()"
    assert repr(Extra("a=1")) == "Extra(a=1)"
    assert repr(Extra("a=1", "b=2")) == "Extra(\n  a=1\n  b=2\n)"
    assert repr(Extra("a=1", child=Extra("b=2", "c=3"))) == (
        "Extra(\n  a=1\n  (child): Extra(\n    b=2\n    c=3\n  )\n)"
    )
    module = nn.Module()
    module.gone = nn.ReLU()
    module.gone = None
    assert repr(module) == "Module(\n  (gone): None\n)"


# --- copying and pickling


def test_deepcopy_copies_tensors_and_keeps_sharing():
    model = Model()
    model.tied = model.layer
    twin = copy.deepcopy(model)
    assert twin.tied is twin.layer
    assert twin.layer is not model.layer
    assert isinstance(twin.scale, nn.Parameter)
    assert twin.scale.requires_grad
    with torch.no_grad():
        twin.scale.fill_(7)
        twin.offset.fill_(7)
    assert model.scale.tolist() == [1, 1]
    assert model.offset.tolist() == [0, 0]


def test_copy_shares_tensors():
    model = Model()
    twin = copy.copy(model)
    assert twin.scale is model.scale
    assert twin.layer is model.layer


def test_pickling():
    model = Model().eval()
    model.scale.requires_grad_(False)
    twin = pickle.loads(pickle.dumps(model))
    assert twin.training is False
    assert twin.layer.training is False
    assert twin.scale.requires_grad is False
    assert twin.layer.weight.requires_grad is True
    assert repr(twin) == repr(model)
    assert list(twin.state_dict()) == list(model.state_dict())
    x = torch.ones(1, 3)
    assert (twin(x) == model(x)).all()


def _shift(module, args):
    return (args[0] + 1,)


def test_hooks_survive_copies_and_pickling():
    module = nn.Identity()
    module.register_forward_pre_hook(_shift)
    assert copy.deepcopy(module)(1) == 2
    assert pickle.loads(pickle.dumps(module))(1) == 2


def test_old_pickles_of_the_public_names():
    assert nn.Module.__module__.startswith(NAME + ".nn")
