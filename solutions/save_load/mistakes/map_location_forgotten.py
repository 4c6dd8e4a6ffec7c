"""A file from a GPU cannot be read on a machine without one.

The file remembers the device of every tensor, and `torch.load` puts each back to where it was. On a machine without a
GPU it raises "Attempting to deserialize object on a CUDA device". Pass `map_location="cpu"`; the network can move to
another device later.

task: model
fails: file_from_a_gpu_loads
zh: 在没有 GPU 的机器上读不了 GPU 上保存的文件。文件里记录了每个张量所在的设备，torch.load 会把它放回原来的设备；机器上没有 GPU 时就会报错
“Attempting to deserialize object on a CUDA device”。请传入 map_location="cpu"，需要时再把网络移到别的设备上。
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
    net.load_state_dict(torch.load(path))
    net.eval()
    return net
