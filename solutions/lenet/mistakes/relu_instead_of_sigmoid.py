"""ReLU stands where the sigmoid is asked for.

ReLU came into use long after LeNet. It often trains faster, and this network recognises digits with it just as well, but
it is another function, so the same parameters give other logits. Here you rebuild a given network, and every function
in it counts: use `nn.Sigmoid()` or `torch.sigmoid`.

task: network
fails: same_parameters_same_logits
zh: 该用 Sigmoid 的地方用了 ReLU。ReLU 是在 LeNet 之后很久才流行起来的，训练往往更快，用它也同样能认出数字，但它是另一个函数，
参数相同，输出却不同。本题要求复现给定的网络，每一个函数都要一致：请使用 nn.Sigmoid() 或 torch.sigmoid。
"""

class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = nn.functional.avg_pool2d(torch.relu(self.conv1(x)), 2)
        x = nn.functional.avg_pool2d(torch.relu(self.conv2(x)), 2)
        x = x.flatten(1)
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        return self.fc3(x)
