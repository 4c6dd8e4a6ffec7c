"""The learning rate and the number of steps are fixed inside the function.

`fit` takes `lr` and `steps` as arguments, but works with 0.001 and 1000 whatever is passed. On the data of this
notebook that happens to be right. A function should use what it is given, so that it can be used again elsewhere.

task: fit
fails: first_step_is_right, many_steps_are_right
zh: 学习率和迭代次数在函数里写死了。fit 有 lr 和 steps 两个参数，但函数里始终用的是 0.001 和 1000。对本题的数据来说碰巧是对的，
换一组参数就不对了。函数应当使用传进来的参数，这样才能在别处重复使用。
"""

def fit(x, y, lr, steps, losses=None):
    w = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    b = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    for _ in range(1000):
        loss = ((w * x + b - y) ** 2).mean()
        loss.backward()
        if losses is not None:
            losses.append(loss.item())
        with torch.no_grad():
            w -= 0.001 * w.grad
            b -= 0.001 * b.grad
        w.grad.zero_()
        b.grad.zero_()
    return w.detach(), b.detach()
