"""state_dict and load_state_dict."""

from __future__ import annotations

import pickle
from collections import OrderedDict

import pytest

from tests.support.library import NAME, differs_from_torch, raises, torch, unchanged, warns

nn = torch.nn


def net():
    model = nn.Sequential(OrderedDict(hidden=nn.Linear(2, 3), act=nn.ReLU(), out=nn.Linear(3, 1)))
    model.register_buffer("steps", torch.zeros(()))
    model.register_buffer("cache", torch.zeros(1), persistent=False)
    model.register_buffer("none", None)
    return model


def filled(model, value):
    with torch.no_grad():
        for tensor in model.state_dict().values():
            tensor.fill_(value)
    return model


KEYS = ["steps", "hidden.weight", "hidden.bias", "out.weight", "out.bias"]


# --- saving


def test_keys_and_metadata():
    state = net().state_dict()
    assert isinstance(state, OrderedDict)
    assert list(state) == KEYS
    assert state._metadata == {name: {"version": 1} for name in ("", "hidden", "act", "out")}


def test_prefix_and_destination():
    given = OrderedDict(other=1)
    assert net().state_dict(destination=given, prefix="net.") is given
    assert list(given) == ["other", *("net." + key for key in KEYS)]
    assert not hasattr(given, "_metadata")


def test_tensors_are_detached_but_share_memory():
    model = net()
    state = model.state_dict()
    assert not any(tensor.requires_grad for tensor in state.values())
    with torch.no_grad():
        state["out.bias"].fill_(5)
    assert model.out.bias.tolist() == [5]
    assert model.state_dict(keep_vars=True)["out.bias"] is model.out.bias


def test_positional_arguments_are_deprecated():
    with warns(FutureWarning, "Positional args are being deprecated, use kwargs instead."):
        assert list(nn.Linear(1, 1).state_dict(OrderedDict(), "x.")) == ["x.weight", "x.bias"]


def test_state_dict_can_be_pickled():
    state = pickle.loads(pickle.dumps(net().state_dict()))
    assert net().load_state_dict(state) == ([], [])
    assert state._metadata["out"] == {"version": 1}


# --- loading


def test_loading_copies_into_the_same_parameters():
    model, other = net(), filled(net(), 3)
    weight = model.out.weight
    result = model.load_state_dict(other.state_dict())
    assert model.out.weight is weight
    assert weight.requires_grad
    assert weight.tolist() == [[3, 3, 3]]
    assert model.steps.item() == 3
    assert repr(result) == str(result) == "<All keys matched successfully>"
    with torch.no_grad():
        other.out.weight.fill_(4)
    assert weight.tolist() == [[3, 3, 3]]


def test_loading_casts_to_the_own_dtype():
    model = nn.Linear(1, 1)
    model.load_state_dict(filled(nn.Linear(1, 1).double(), 0.5).state_dict())
    assert model.weight.dtype is torch.float32
    assert model.weight.tolist() == [[0.5]]


def test_not_strict():
    model = net()
    state = filled(net(), 3).state_dict()
    del state["out.bias"]
    state["extra"] = state["act.extra"] = torch.ones(1)
    result = model.load_state_dict(state, strict=False)
    assert result.missing_keys == ["out.bias"]
    assert result.unexpected_keys == ["extra", "act.extra"]
    assert repr(result) == ("_IncompatibleKeys(missing_keys=['out.bias'], unexpected_keys=['extra', 'act.extra'])")
    missing, unexpected = result
    assert (missing, unexpected) == (["out.bias"], ["extra", "act.extra"])
    assert model.out.weight.tolist() == [[3, 3, 3]]


def mismatched():
    state = net().state_dict()
    del state["out.bias"], state["hidden.weight"]
    state["out.weight"] = torch.ones(2, 3)
    state["hidden.bias"] = "text"
    state["extra"] = torch.ones(1)
    state["out.deeper.weight"] = torch.ones(1)
    return state


def test_all_differences_are_named():
    with raises(
        RuntimeError,
        "Error(s) in loading state_dict for Sequential:\n"
        '\tMissing key(s) in state_dict: "hidden.weight", "out.bias". \n'
        '\tUnexpected key(s) in state_dict: "extra", "out.deeper.weight". \n'
        '\tWhile copying the parameter named "hidden.bias", expected torch.Tensor or Tensor-like object from '
        "checkpoint but received <class 'str'>\n"
        "\tsize mismatch for out.weight: copying a param with shape torch.Size([2, 3]) from checkpoint, the "
        "shape in current model is torch.Size([1, 3]).",
    ):
        net().load_state_dict(mismatched())


@differs_from_torch("PyTorch writes what fits before it raises")
def test_nothing_is_written_if_anything_does_not_fit():
    model = net()
    with unchanged(*model.state_dict().values()), pytest.raises(RuntimeError):
        model.load_state_dict(mismatched())
    with unchanged(*model.state_dict().values()), pytest.raises(RuntimeError):
        model.load_state_dict(mismatched(), strict=False)
    with unchanged(*model.state_dict().values()), pytest.raises(RuntimeError, match="strict=False"):
        model.load_state_dict({**filled(net(), 3).state_dict(), "extra": torch.ones(1)})


def test_only_mappings_are_loaded():
    with raises(TypeError, "Expected state_dict to be dict-like, got <class 'list'>."):
        net().load_state_dict([])


def test_a_scalar_is_loaded_from_one_dimension():
    model = net()
    model.load_state_dict({**model.state_dict(), "steps": torch.ones(1)})
    assert model.steps.item() == 1
    assert model.steps.shape == ()


def test_assign_takes_the_given_tensors():
    model = net()
    model.hidden.weight.requires_grad_(False)
    state = net().double().state_dict()
    model.load_state_dict(state, assign=True)
    assert isinstance(model.out.weight, nn.Parameter)
    assert model.out.weight.dtype is torch.float64
    assert model.out.weight.requires_grad
    assert not model.hidden.weight.requires_grad
    assert model.steps is state["steps"]
    with torch.no_grad():
        state["out.bias"].fill_(9)
    assert model.out.bias.tolist() == [9]


def test_assign_takes_given_parameters_themselves():
    model, parameter = nn.Linear(1, 1, bias=False), nn.Parameter(torch.ones(1, 1), requires_grad=False)
    model.load_state_dict({"weight": parameter}, assign=True)
    assert model.weight is parameter
    assert parameter.requires_grad


# --- what subclasses override


class Versioned(nn.Module):
    _version = 2

    def __init__(self):
        super().__init__()
        self.new = nn.Parameter(torch.zeros(1))

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, *rest):
        self.seen = dict(local_metadata)
        if local_metadata.get("version", 1) < 2:
            state_dict[prefix + "new"] = state_dict.pop(prefix + "old")
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *rest)


def test_a_subclass_can_translate_old_versions():
    model = nn.Sequential(Versioned())
    state = model.state_dict()
    assert state._metadata["0"] == {"version": 2}
    state._metadata["0"] = {"version": 1}
    state["0.old"] = state.pop("0.new") + 1
    model.load_state_dict(state)
    assert model[0].new.tolist() == [1]
    assert model[0].seen == {"version": 1}
    model.load_state_dict(model.state_dict(), assign=True)
    assert model[0].seen == {"version": 2, "assign_to_params_buffers": True}


class Extra(nn.Module):
    def __init__(self, state="fresh"):
        super().__init__()
        self.state = state

    def get_extra_state(self):
        return self.state

    def set_extra_state(self, state):
        self.state = state


def test_extra_state():
    model = nn.Sequential(Extra("kept"))
    state = model.state_dict()
    assert state == {"0._extra_state": "kept"}
    other = nn.Sequential(Extra())
    other.load_state_dict(state)
    assert other[0].state == "kept"
    assert other.load_state_dict({}, strict=False).missing_keys == ["0._extra_state"]
    assert nn.Sequential(nn.ReLU()).load_state_dict(state, strict=False).unexpected_keys == ["0._extra_state"]
    with pytest.raises(RuntimeError, match="get_extra_state"):
        nn.Module().get_extra_state()
    with pytest.raises(RuntimeError, match="set_extra_state"):
        nn.Module().set_extra_state(1)


def test_a_subclass_can_save_otherwise():
    class Quiet(nn.Linear):
        def _save_to_state_dict(self, destination, prefix, keep_vars):
            destination[prefix + "note"] = 1

    assert nn.Sequential(Quiet(1, 1)).state_dict() == {"0.note": 1}


# --- hooks


def test_saving_hooks():
    model = nn.Sequential(nn.Linear(1, 1, bias=False))
    calls = []
    model[0].register_state_dict_pre_hook(lambda m, prefix, keep_vars: calls.append((prefix, keep_vars)))

    def rename(module, state, prefix, metadata):
        assert metadata == {"version": 1}
        state[prefix + "kernel"] = state.pop(prefix + "weight")

    handle = model[0].register_state_dict_post_hook(rename)
    assert list(model.state_dict()) == ["0.kernel"]
    assert calls == [("0.", False)]
    with raises(
        RuntimeError,
        "Cannot register the same function as the state dict post hook that was previously registered via "
        "register_state_dict_post_hook",
    ):
        model._register_state_dict_hook(rename)
    handle.remove()
    assert list(model.state_dict()) == ["0.weight"]


def test_only_private_saving_hooks_replace_the_dictionary():
    model = nn.Linear(1, 1)
    handle = model._register_state_dict_hook(lambda m, state, prefix, metadata: {"mine": 1})
    assert model.state_dict() == {"mine": 1}
    handle.remove()
    model.register_state_dict_post_hook(lambda m, state, prefix, metadata: {"mine": 1})
    with raises(RuntimeError, "state_dict post-hook must return None"):
        model.state_dict()


def test_a_loading_pre_hook_can_rename():
    model = nn.Sequential(nn.Linear(1, 1, bias=False))

    def rename(module, state, prefix, metadata, strict, missing, unexpected, errors):
        assert module is model[0]
        assert strict is True
        state[prefix + "weight"] = state.pop(prefix + "kernel")

    model[0].register_load_state_dict_pre_hook(rename)
    model.load_state_dict({"0.kernel": torch.ones(1, 1)})
    assert model[0].weight.tolist() == [[1]]


def _forgive(module, incompatible):
    incompatible.missing_keys.clear()


def test_a_loading_post_hook_can_forgive():
    model = nn.Linear(1, 1)
    handle = model.register_load_state_dict_post_hook(_forgive)
    assert model.load_state_dict({}) == ([], [])
    handle.remove()
    with pytest.raises(RuntimeError, match="Missing key"):
        model.load_state_dict({})
    model.register_load_state_dict_post_hook(lambda module, incompatible: 1)
    with pytest.raises(AssertionError, match="not expected to return new values"):
        model.load_state_dict(model.state_dict())


def _note(module, state, *rest):
    module.noted = True


def test_loading_hooks_survive_pickling_with_their_module():
    model = nn.Linear(1, 1)
    model.register_load_state_dict_pre_hook(_note)
    twin = pickle.loads(pickle.dumps(model))
    twin.load_state_dict(model.state_dict())
    assert twin.noted
    assert not hasattr(model, "noted")


def test_an_error_while_copying_is_reported():
    model = nn.Linear(1, 1, bias=False)

    class Refuses(nn.Parameter):
        def copy_(self, other):
            raise ValueError("not this one")

    model.weight.__class__ = Refuses
    with pytest.raises(RuntimeError) as caught:
        model.load_state_dict({"weight": torch.ones(1, 1)})
    assert str(caught.value).splitlines()[1] == (
        '\tWhile copying the parameter named "weight", whose dimensions in the model are '
        f"{NAME}.Size([1, 1]) and whose dimensions in the checkpoint are {NAME}.Size([1, 1]), an exception "
        "occurred : ('not this one',)."
    )
