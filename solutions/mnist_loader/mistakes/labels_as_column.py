"""The labels were returned as a column.

A column of shape `(n, 1)` holds the same numbers, but behaves differently: compared with predictions of shape `(n,)` it
gives a table of shape `(n, n)`, and the accuracy computed from it means nothing. Loss functions such as `cross_entropy`
refuse it. Labels have the shape `(n,)`.

task: load_labels
fails: labels_are_read, packed_labels_are_read
zh: 标签的形状成了一列。形状 (n, 1) 里的数值虽然一样，用起来却不同：与形状为 (n,) 的预测结果比较时，广播机制会得到 (n, n) 的表，
由此算出的准确率毫无意义；cross_entropy 等损失函数也不接受这样的标签。标签的形状应当是 (n,)。
"""

def load_labels(path):
    open_file = gzip.open if str(path).endswith(".gz") else open
    with open_file(path, "rb") as file:
        header, labels = file.read(8), file.read()
    magic, n = struct.unpack(">2i", header)
    if magic != 2049:
        raise ValueError(f"not a file of labels: {magic}")
    if len(labels) < n:
        raise ValueError("the file is too short")
    return np.frombuffer(labels, dtype=np.uint8).reshape(n, 1)
