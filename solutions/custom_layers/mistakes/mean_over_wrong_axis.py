"""The mean was taken along one axis, not over all elements.

`x.mean(dim=0)` is the mean of each column, so every column is centred by itself, as a normalisation layer does. Here one
number is asked for, the mean over all elements of the input: `x.mean()` without `dim`.

task: centered
fails: output_is_centered, centered_layer_works_in_sequential, gradients_pass_through
zh: 沿某一个维度求了平均，而不是对所有元素求平均。x.mean(dim=0) 得到的是每一列各自的均值，这样每一列被单独中心化，那是归一化层的做法。
这里要减去的是同一个数，也就是所有元素的均值：直接写 x.mean()，不要指定 dim。
"""

class CenteredLayer(nn.Module):
    def forward(self, x):
        return x - x.mean(dim=0)
