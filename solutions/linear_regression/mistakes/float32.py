"""The parameters are float32.

`torch.zeros(1)` makes a `float32` tensor, which holds about 7 digits. The data are `float64`, but every update of a
`float32` parameter rounds it to 7 digits again, and 1000 roundings add up. Make the parameters with
`dtype=torch.float64`.

task: fit
fails: computed_in_double_precision
zh: 参数用了 float32。torch.zeros(1) 默认得到 float32 张量，只有大约 7 位有效数字。数据虽然是 float64，但参数每更新一次就会被
舍入到 7 位，1000 次舍入误差会积累起来。创建参数时请写上 dtype=torch.float64。
"""

def fit(x, y, lr, steps, losses=None):
    w = torch.zeros(1, requires_grad=True)
    b = torch.zeros(1, requires_grad=True)
    for _ in range(steps):
        loss = ((w * x + b - y) ** 2).mean()
        loss.backward()
        if losses is not None:
            losses.append(loss.item())
        with torch.no_grad():
            w -= lr * w.grad
            b -= lr * b.grad
        w.grad.zero_()
        b.grad.zero_()
    return w.detach(), b.detach()
