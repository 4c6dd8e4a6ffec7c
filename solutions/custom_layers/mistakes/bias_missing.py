"""The layer has no bias.

Without `bias` every output is zero for an input of zeros, whatever the weights are; the layer can only turn and stretch.
Make a second parameter `bias` of shape `(units,)` and add it: it is added to every row of `x @ self.weight`.

task: my_linear
fails: computes_relu_of_linear, parameters_are_registered, gradients_reach_parameters, two_in_a_row_work_in_sequential
zh: 缺少偏置 bias。没有偏置，当输入全为零时，不管权重是多少输出都是零，这一层只能做线性变换，不能平移。请再定义一个形状为 (units,) 的
参数 bias，并加到结果上：它会通过广播加到 x @ self.weight 的每一行。
"""

class MyLinear(nn.Module):
    def __init__(self, in_units, units):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(in_units, units))

    def forward(self, x):
        return torch.relu(x @ self.weight)
