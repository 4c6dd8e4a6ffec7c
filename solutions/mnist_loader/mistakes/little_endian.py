"""The header is read as little-endian.

The numbers in an IDX header are big-endian: the most significant byte comes first. Without the `>` in `">4i"` (or in
the dtype `">i4"`) your computer reads the bytes in its own order, most likely the reverse: 2051 becomes 50,855,936, and
the numbers of images, rows and columns are just as wrong.

task: load_images
fails: square_images_are_read, rows_and_columns_come_from_the_header, one_image_or_none_is_read,
wrong_magic_of_images_is_refused, short_file_of_images_is_refused, packed_images_are_read
zh: 文件头按小端序读取了。IDX 文件头里的整数是大端序，即高位字节在前。如果格式串 ">4i"（或 dtype ">i4"）里漏掉了 ">"，计算机就会按自己的
字节序来读，而常见的机器都是小端序：2051 会变成 50855936，图像的张数、行数和列数也全都不对。
"""

def load_images(path):
    open_file = gzip.open if str(path).endswith(".gz") else open
    with open_file(path, "rb") as file:
        header, pixels = file.read(16), file.read()
    magic, n, rows, cols = struct.unpack("4i", header)
    if magic != 2051:
        raise ValueError(f"not a file of images: {magic}")
    if len(pixels) < n * rows * cols:
        raise ValueError("the file is too short")
    return np.frombuffer(pixels, dtype=np.uint8).reshape(n, rows, cols)
