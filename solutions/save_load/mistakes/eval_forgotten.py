"""The restored network is in training mode.

A new module starts in training mode. In this network that changes nothing, but with dropout or batch normalisation the
same input would give another output each time. Call `net.eval()` before you return a restored network.

task: model
fails: restored_network_is_in_eval_mode
zh: 恢复的网络还处于训练模式。新建的 Module 默认是训练模式。对这个网络来说没有区别，但如果含有 Dropout 或 BatchNorm，同样的输入每次会得到
不同的输出。返回恢复好的网络之前，请调用 net.eval()。
"""

class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(20, 256)
        self.output = nn.Linear(256, 10)

    def forward(self, x):
        return self.output(torch.relu(self.hidden(x)))


def save_model(net, path):
    torch.save(net.state_dict(), path)


def load_model(path):
    net = MLP()
    net.load_state_dict(torch.load(path, map_location="cpu"))
    return net
