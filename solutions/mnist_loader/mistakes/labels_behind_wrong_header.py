"""The header of the labels was taken for one of 16 bytes.

Labels have no rows and columns, so the header of their file has only two numbers, 8 bytes. Skipping 16 bytes, as for
images, drops the first eight labels: every image gets the label of another one, and a network trained on them learns
nothing.

task: load_labels
fails: labels_are_read, packed_labels_are_read
zh: 把标签文件的文件头当成了 16 个字节。标签没有行数和列数，文件头只有两个整数，共 8 个字节。如果像图像那样跳过 16 个字节，
前八个标签就丢了，每张图像配上的都是别人的标签，用这样的数据训练，网络什么也学不到。
"""

def load_labels(path):
    open_file = gzip.open if str(path).endswith(".gz") else open
    with open_file(path, "rb") as file:
        data = file.read()
    magic, n = struct.unpack(">2i", data[:8])
    if magic != 2049:
        raise ValueError(f"not a file of labels: {magic}")
    if len(data) < 8 + n:
        raise ValueError("the file is too short")
    return np.frombuffer(data[16:], dtype=np.uint8)
