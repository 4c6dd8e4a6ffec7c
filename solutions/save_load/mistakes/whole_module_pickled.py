"""The whole network was saved, not its parameters.

`torch.save(net, path)` stores a Python object with the name of its class. Reading it runs whatever the file asks for,
which is why `torch.load` refuses it unless told otherwise, and it breaks as soon as the class is renamed or is not
there. Save `net.state_dict()`, and fill a new `MLP` with it.

task: model
fails: file_is_a_state_dict, file_from_a_gpu_loads
zh: 保存的是整个网络对象，而不是参数。torch.save(net, path) 保存的是 Python 对象和类名。读取这样的文件会执行文件里指定的任意代码，所以
torch.load 默认拒绝读取；而且一旦类改名，或者在别的程序里没有这个类，文件就读不出来了。请保存 net.state_dict()，读取时用它来填充新建的 MLP。
"""

class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(20, 256)
        self.output = nn.Linear(256, 10)

    def forward(self, x):
        return self.output(torch.relu(self.hidden(x)))


def save_model(net, path):
    torch.save(net, path)


def load_model(path):
    net = torch.load(path, map_location="cpu", weights_only=False)
    net.eval()
    return net
