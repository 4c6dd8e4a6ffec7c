"""The restored network was never filled.

`torch.load` only reads the file; the new `MLP` still has its random start values. Nothing raises, the network just
computes nonsense. Pass what was read to `net.load_state_dict(...)`.

task: model
fails: restored_network_is_the_same, file_from_a_gpu_loads
zh: 恢复出来的网络没有载入参数。torch.load 只是读取文件，新建的 MLP 里仍是随机的初始值。程序不会报错，但网络的输出毫无意义。
请把读出的内容传给 net.load_state_dict(...)。
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
    state = torch.load(path, map_location="cpu")
    net.eval()
    return net
