"""The network was left in training mode.

`net.train()` and `net.eval()` say what the network is used for. LeNet has no layer that cares, but dropout and batch
normalisation behave differently in the two modes, and a network left in training mode then predicts worse, or something
else each time. End the training with `net.eval()`; it costs nothing and becomes a habit.

task: train
fails: net_is_in_evaluation_mode
zh: 训练结束后网络仍处于训练模式。net.train() 和 net.eval() 说明网络当前的用途。LeNet 里没有受影响的层，但 dropout 和批量归一化在两种模式下
行为不同，如果忘了切换，预测会变差，甚至每次结果都不一样。训练结束时请调用 net.eval()，举手之劳，养成习惯。
"""

def train(net, images, labels):
    optimiser = torch.optim.Adam(net.parameters(), lr=3e-3)
    net.train()
    for _ in range(20):
        for batch in torch.randperm(len(images)).split(64):
            optimiser.zero_grad()
            loss = nn.functional.cross_entropy(net(images[batch]), labels[batch])
            loss.backward()
            optimiser.step()
