"""The first convolution has no padding.

MNIST images have 28 x 28 pixels, but LeNet was made for 32 x 32. The padding of 2 on each side makes up for it: 28
pixels stay 28. Without it they become 24, then 12, 8 and 4, so that only 16 x 4 x 4 = 256 numbers reach the linear
layers instead of 400. Write `nn.Conv2d(1, 6, kernel_size=5, padding=2)`.

task: network
fails: parameters_are_those_of_lenet, same_parameters_same_logits
zh: 第一个卷积层忘了填充。MNIST 图像是 28×28，而 LeNet 原本是为 32×32 的图像设计的，四周各填充 2 个像素正好补上差额，28 经过卷积仍是 28。
不填充的话，边长会依次变成 24、12、8、4，送到线性层的只有 16×4×4=256 个数，而不是 400 个。请写成
nn.Conv2d(1, 6, kernel_size=5, padding=2)。
"""

class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(256, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = nn.functional.avg_pool2d(torch.sigmoid(self.conv1(x)), 2)
        x = nn.functional.avg_pool2d(torch.sigmoid(self.conv2(x)), 2)
        x = x.flatten(1)
        x = torch.sigmoid(self.fc1(x))
        x = torch.sigmoid(self.fc2(x))
        return self.fc3(x)
