"""The layer cuts the gradient off.

`detach()`, `.data`, `.numpy()` and `torch.no_grad()` take the values out of the computation that autograd records. The
output is right, but `backward()` cannot pass through the layer any more, and nothing before it learns. Compute with
`x` itself.

task: centered
fails: gradients_pass_through
zh: 在层里切断了梯度。detach()、.data、.numpy() 和 torch.no_grad() 都会让数值脱离 autograd 的计算图。前向结果没有错，但反向传播到这一层
就断了，它前面的层都学不到东西。直接用 x 计算即可。
"""

class CenteredLayer(nn.Module):
    def forward(self, x):
        values = x.detach()
        return values - values.mean()
