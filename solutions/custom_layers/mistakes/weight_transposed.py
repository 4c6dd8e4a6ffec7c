"""The weight has the shape that `nn.Linear` uses.

`nn.Linear` stores its weight as `(units, in_units)` and computes with its transpose. Both ways are possible, but here
the shape `(in_units, units)` is asked for, so that the formula can be written as it stands: `x @ self.weight`.

task: my_linear
fails: computes_relu_of_linear, gradients_reach_parameters, two_in_a_row_work_in_sequential
zh: 权重的形状与 nn.Linear 一样，写反了。nn.Linear 把权重存成 (units, in_units)，计算时再转置。两种写法都可以，但本题要求的形状是
(in_units, units)，这样公式可以照原样写成 x @ self.weight。
"""

class MyLinear(nn.Module):
    def __init__(self, in_units, units):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(units, in_units))
        self.bias = nn.Parameter(torch.randn(units))

    def forward(self, x):
        return torch.relu(x @ self.weight.T + self.bias)
