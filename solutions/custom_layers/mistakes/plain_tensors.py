"""The weights are plain tensors, not parameters.

An attribute becomes a parameter only if it is an `nn.Parameter`. PyTorch does not see a plain tensor: it is missing in
`parameters()` and `state_dict()`, no optimiser changes it, `.to(...)` leaves it behind, and no gradient is computed for
it. Wrap it: `nn.Parameter(torch.randn(in_units, units))`.

task: my_linear
fails: parameters_are_registered, gradients_reach_parameters
zh: 权重是普通张量，不是参数。只有 nn.Parameter 类型的属性才会被注册为参数。普通张量对 PyTorch 来说是看不见的：parameters() 和
state_dict() 里没有它，优化器不会更新它，.to(...) 不会移动它，也不会为它计算梯度。请用 nn.Parameter(torch.randn(in_units, units)) 包起来。
"""

class MyLinear(nn.Module):
    def __init__(self, in_units, units):
        super().__init__()
        self.weight = torch.randn(in_units, units)
        self.bias = torch.randn(units)

    def forward(self, x):
        return torch.relu(x @ self.weight + self.bias)
