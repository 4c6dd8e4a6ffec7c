"""A packed file of labels is read as it is.

The bytes of a `.gz` file are packed, so no magic number of labels stands at its beginning. Open a path that ends in
`.gz` with `gzip.open(path, "rb")`, as for images.

task: load_labels
fails: packed_labels_are_read
zh: 没有解压标签的 gzip 文件。.gz 文件里的字节是压缩过的，开头自然不是标签文件的魔数。与读取图像时一样，路径以 .gz 结尾时请用
gzip.open(path, "rb") 打开。
"""

def load_labels(path):
    with open(path, "rb") as file:
        header, labels = file.read(8), file.read()
    magic, n = struct.unpack(">2i", header)
    if magic != 2049:
        raise ValueError(f"not a file of labels: {magic}")
    if len(labels) < n:
        raise ValueError("the file is too short")
    return np.frombuffer(labels, dtype=np.uint8)
