"""`train` makes a network of its own and trains that one.

The network that was passed in stays as it was; the new one is trained well and then forgotten when the function ends.
Use the argument `net`, and make the optimiser from its parameters: `torch.optim.Adam(net.parameters(), ...)`.

task: train
fails: net_is_in_evaluation_mode, train_lowers_the_loss, hidden_digits_are_recognised
zh: 训练的是函数里新建的网络。train 在内部又建了一个网络并训练它，传进来的那个网络丝毫没有变化，而训练好的那个在函数结束后就丢掉了。
请使用参数 net，优化器也要用它的参数来创建：torch.optim.Adam(net.parameters(), ...)。
"""

def train(net, images, labels):
    net = LeNet()
    optimiser = torch.optim.Adam(net.parameters(), lr=3e-3)
    net.train()
    for _ in range(20):
        for batch in torch.randperm(len(images)).split(64):
            optimiser.zero_grad()
            loss = nn.functional.cross_entropy(net(images[batch]), labels[batch])
            loss.backward()
            optimiser.step()
    net.eval()
