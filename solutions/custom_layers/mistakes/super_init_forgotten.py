"""`super().__init__()` was not called.

`nn.Module` needs its own `__init__` to run first: it makes the place in which parameters are registered. Without it the
first assignment of an `nn.Parameter` raises "cannot assign parameters before Module.__init__() call". Make
`super().__init__()` the first line of `__init__`.

task: my_linear
fails: computes_relu_of_linear, parameters_are_registered, gradients_reach_parameters, two_in_a_row_work_in_sequential
zh: 没有调用 super().__init__()。nn.Module 自己的 __init__ 必须先执行，它会建立登记参数的地方。没有它，给 nn.Parameter 属性赋值时就会报错
“cannot assign parameters before Module.__init__() call”。请把 super().__init__() 写在 __init__ 的第一行。
"""

class MyLinear(nn.Module):
    def __init__(self, in_units, units):
        self.weight = nn.Parameter(torch.randn(in_units, units))
        self.bias = nn.Parameter(torch.randn(units))

    def forward(self, x):
        return torch.relu(x @ self.weight + self.bias)
