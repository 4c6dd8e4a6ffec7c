"""Checks of custom_layers. Expected values are computed here, from weights that the checks choose."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn.functional import linear

from grader import check, expect

SHAPES = ((7,), (4, 5), (2, 3, 4), (1, 2, 3, 5))


@check(task="centered", points=2)
def output_is_centered(student: Any) -> None:
    """`CenteredLayer` subtracts the mean of all elements, whatever the input's shape."""
    layer = student.CenteredLayer()
    for shape in SHAPES:
        x = torch.randn(shape) + 1
        output = layer(x)
        expect.close(output, x - x.mean())
        expect.close(output.mean(), 0.0, atol=1e-6)  # so says the task; the default for float32 is wider


@check(task="centered", points=1)
def centered_layer_works_in_sequential(student: Any) -> None:
    """`CenteredLayer` works behind another layer inside `nn.Sequential`."""
    nn = student.module("torch.nn")
    x, weight, bias = torch.randn(5, 6), torch.randn(4, 6), torch.randn(4)
    first = nn.Linear(6, 4)
    first.load_state_dict({"weight": weight, "bias": bias})
    between = linear(x, weight, bias)
    expect.close(nn.Sequential(first, student.CenteredLayer())(x), between - between.mean())


@check(task="centered", points=1)
def gradients_pass_through(student: Any) -> None:
    """Gradients flow through `CenteredLayer` to what stands before it."""
    x, direction = torch.randn(4, 3), torch.randn(4, 3)
    found = student.CenteredLayer().gradients((x,), direction)
    # subtracting the mean is its own transpose
    expect.close(found, [direction - direction.mean()])


@check(task="my_linear", points=2)
def computes_relu_of_linear(student: Any) -> None:
    """With other values in `weight` and `bias`, `MyLinear` computes max(0, XW + b) from them."""
    for rows, in_units, units in ((4, 5, 3), (1, 2, 6)):
        x, weight, bias = torch.randn(rows, in_units), torch.randn(in_units, units), torch.randn(units)
        expect.close(_make(student, weight, bias)(x), torch.relu(x @ weight + bias))


@check(task="my_linear", points=1)
def parameters_are_registered(student: Any) -> None:
    """PyTorch knows `weight` and `bias` as parameters: they follow `.to` and `load_state_dict`."""
    layer = student.MyLinear(5, 3)
    shapes = {name: value.shape for name, value in layer.named_parameters()}
    for name in ("weight", "bias"):
        expect.that(name in shapes, f"`{name}` is not among the layer's parameters.")
    x = torch.randn(2, 5, dtype=torch.float64)
    output = layer.to(torch.float64)(x)
    expect.dtype(output, torch.float64)
    layer.load_state_dict({"weight": torch.rand(shapes["weight"]), "bias": torch.full(shapes["bias"], 100.0)})
    expect.differs(layer(x), output)


@check(task="my_linear", points=2)
def gradients_reach_parameters(student: Any) -> None:
    """`backward()` gives `weight` and `bias` their gradients, so that the layer can learn."""
    x, direction = torch.randn(6, 5), torch.randn(6, 3)
    weight, bias = torch.randn(5, 3, requires_grad=True), torch.randn(3, requires_grad=True)
    layer = _make(student, weight.detach(), bias.detach())
    output = layer.ref()(x)
    expect.that(output.requires_grad, "The output of `MyLinear` is cut off from `weight` and `bias`.")
    output.backward(direction)
    torch.relu(x @ weight + bias).backward(direction)
    for name, theirs in (("weight", weight), ("bias", bias)):
        mine = getattr(layer, name).grad
        expect.that(mine is not None, f"No gradient reaches `{name}`.")
        expect.close(mine, theirs.grad)


@check(task="my_linear", points=1)
def two_in_a_row_work_in_sequential(student: Any) -> None:
    """Two `MyLinear` in a row inside `nn.Sequential` compute what they should."""
    x = torch.randn(3, 6)
    first, second = (torch.randn(6, 4), torch.randn(4)), (torch.randn(4, 2), torch.randn(2))
    net = student.module("torch.nn").Sequential(_make(student, *first), _make(student, *second))
    between = torch.relu(x @ first[0] + first[1])
    expect.close(net(x), torch.relu(between @ second[0] + second[1]))


def _make(student: Any, weight: torch.Tensor, bias: torch.Tensor) -> Any:
    """Return a `MyLinear` of the student's that holds these values, registered as parameters or not."""
    layer = student.MyLinear(*weight.shape)
    for name, values in (("weight", weight), ("bias", bias)):
        tensor = layer.ref(name)
        expect.shape(tensor, values.shape)
        tensor.data.copy_(values)
    return layer
