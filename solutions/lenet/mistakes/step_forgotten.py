"""The gradients are computed, but never used.

`loss.backward()` only fills `.grad`; it does not change a single parameter. It is `optimiser.step()` that takes the step
against the gradient. Without it the network stays as it was born, however many epochs you wait.

task: train
fails: train_lowers_the_loss, hidden_digits_are_recognised
zh: 算出了梯度，却没有更新参数。loss.backward() 只负责算出 .grad，不会改变任何参数；真正沿负梯度方向走一步的是 optimiser.step()。
少了这一句，不管训练多少轮，网络都和刚创建时一模一样。
"""

def train(net, images, labels):
    optimiser = torch.optim.Adam(net.parameters(), lr=3e-3)
    net.train()
    for _ in range(20):
        for batch in torch.randperm(len(images)).split(64):
            optimiser.zero_grad()
            loss = nn.functional.cross_entropy(net(images[batch]), labels[batch])
            loss.backward()
    net.eval()
