"""The size of the images is written into the code.

MNIST has 28 x 28 pixels, but the file says so itself, in bytes 8 to 15 of its header. A function that uses 28 instead of
the header's `rows` and `cols` reads every other IDX file wrongly, or not at all.

task: load_images
fails: rows_and_columns_come_from_the_header
zh: 把图像大小写死在代码里了。MNIST 的图像确实是 28×28，但文件头的第 8 到第 15 个字节已经写明了行数和列数。如果代码里直接写 28，
而不用文件头里的 rows 和 cols，换一个 IDX 文件就会读错，甚至根本读不出来。
"""

def load_images(path):
    open_file = gzip.open if str(path).endswith(".gz") else open
    with open_file(path, "rb") as file:
        header, pixels = file.read(16), file.read()
    magic, n, rows, cols = struct.unpack(">4i", header)
    if magic != 2051:
        raise ValueError(f"not a file of images: {magic}")
    if len(pixels) < n * 28 * 28:
        raise ValueError("the file is too short")
    return np.frombuffer(pixels, dtype=np.uint8).reshape(n, 28, 28)
