"""A single image loses its batch axis.

`squeeze()` removes every axis of length 1, and for a batch of one image that is the batch itself: `(1, 10)` becomes
`(10,)`. The next function that looks along `dim=1` then fails. Leave the shape as the last layer gives it.

task: network
fails: any_number_of_images
zh: 只有一张图像时丢了批量维。squeeze() 会去掉所有长度为 1 的维度，当一批只有一张图像时，去掉的正是批量维：(1, 10) 变成了 (10,)，后面沿
dim=1 计算的函数就会出错。最后一层输出是什么形状，就返回什么形状。
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
        x = nn.functional.avg_pool2d(torch.sigmoid(self.conv1(x)), 2)
        x = nn.functional.avg_pool2d(torch.sigmoid(self.conv2(x)), 2)
        x = x.flatten(1)
        x = torch.sigmoid(self.fc1(x))
        x = torch.sigmoid(self.fc2(x))
        return self.fc3(x).squeeze()
