"""The output was also divided by the standard deviation.

Centring only moves the numbers so that their mean is zero. Dividing by the standard deviation changes their spread as
well; that is standardisation, another operation. Only subtract the mean.

task: centered
fails: output_is_centered, centered_layer_works_in_sequential, gradients_pass_through
zh: 除了减去均值，还除以了标准差。中心化只是平移数据，使均值为零；再除以标准差会改变数据的离散程度，那叫标准化，是另一种运算。
这里只需要减去均值。
"""

class CenteredLayer(nn.Module):
    def forward(self, x):
        return (x - x.mean()) / x.std()
