"""`forward` computes with `.data`, so that no gradient flows.

`self.weight.data` is a tensor with the same numbers that autograd knows nothing about. The output is right, but it has
no connection to the parameters: `backward()` cannot reach them, and the layer never learns. Some tutorials write it this
way; it is a mistake. Use `self.weight` and `self.bias` themselves.

task: my_linear
fails: gradients_reach_parameters
zh: 前向计算里用了 .data，梯度传不到参数。self.weight.data 的数值与参数相同，但 autograd 并不跟踪它。前向结果没有错，可是输出与参数
之间断开了联系，backward() 到不了参数，这一层永远学不到东西。有些教程就是这样写的，其实是错的。请直接使用 self.weight 和 self.bias。
"""

class MyLinear(nn.Module):
    def __init__(self, in_units, units):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(in_units, units))
        self.bias = nn.Parameter(torch.randn(units))

    def forward(self, x):
        return torch.relu(x @ self.weight.data + self.bias.data)
