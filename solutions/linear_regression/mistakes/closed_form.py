"""The best line was computed by a formula, not learned step by step.

For a line there is a formula for the best slope and intercept. It is right, but it is not what is asked for: it needs
no learning rate and no steps, and nothing like it exists for larger networks. Gradient descent approaches the best line
slowly, and after 1000 small steps it is still on its way there.

task: fit
fails: gradients_come_from_autograd, first_step_is_right, many_steps_are_right, line_is_right,
computed_in_double_precision, losses_are_recorded, loss_falls
zh: 直接用公式求出了最优直线，没有一步一步地学习。直线拟合确实有解析解（最小二乘公式），结果也没有错，但这不是题目要求的做法：
它用不到学习率和迭代次数，而且更大的网络没有这样的公式。梯度下降是逐渐逼近最优直线的，用很小的步长走 1000 步之后，它还在半路上。
"""

def fit(x, y, lr, steps, losses=None):
    covariance = ((x - x.mean()) * (y - y.mean())).sum()
    w = covariance / ((x - x.mean()) ** 2).sum()
    b = y.mean() - w * x.mean()
    if losses is not None:
        losses += [((w * x + b - y) ** 2).mean().item()] * steps
    return w, b
