"""A file packed with gzip is read as it is.

The bytes of a `.gz` file are packed; nothing of the IDX header can be seen in them, so the magic number seems wrong.
Open a path that ends in `.gz` with `gzip.open(path, "rb")`, which unpacks while it reads. Everything else stays the
same.

task: load_images
fails: packed_images_are_read
zh: 没有解压 gzip 文件。.gz 文件里的字节是压缩过的，看不到 IDX 文件头，所以魔数对不上。路径以 .gz 结尾时，请用
gzip.open(path, "rb") 打开，它会一边读一边解压，其余代码都不用改。
"""

def load_images(path):
    with open(path, "rb") as file:
        header, pixels = file.read(16), file.read()
    magic, n, rows, cols = struct.unpack(">4i", header)
    if magic != 2051:
        raise ValueError(f"not a file of images: {magic}")
    if len(pixels) < n * rows * cols:
        raise ValueError("the file is too short")
    return np.frombuffer(pixels, dtype=np.uint8).reshape(n, rows, cols)
