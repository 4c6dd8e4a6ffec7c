"""The ReLU is missing.

The layer returns `XW + b` as it is, with negative numbers in it. Two such layers in a row are no more than one: a
product of matrices is again a matrix. Only the ReLU between them makes a deeper network worth its while. Return
`torch.relu(...)` of the result.

task: my_linear
fails: computes_relu_of_linear, gradients_reach_parameters, two_in_a_row_work_in_sequential
zh: 忘了 ReLU。这一层直接返回了 XW + b，其中还有负数。两个这样的层叠在一起仍然只相当于一层，因为矩阵相乘还是矩阵；只有中间加上 ReLU
这样的非线性函数，网络加深才有意义。请返回 torch.relu(...)。
"""

class MyLinear(nn.Module):
    def __init__(self, in_units, units):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(in_units, units))
        self.bias = nn.Parameter(torch.randn(units))

    def forward(self, x):
        return x @ self.weight + self.bias
