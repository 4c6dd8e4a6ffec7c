"""The header is returned as if it were pixels.

The first 16 bytes of the file are the header; the pixels begin after it. When the whole file is read as pixels, every
pixel lies 16 places too far to the right, the first image begins with bytes of the header, and the last 16 pixels of
the file are lost. Skip the header: read it first, or use `offset=16`.

task: load_images
fails: square_images_are_read, rows_and_columns_come_from_the_header, one_image_or_none_is_read, packed_images_are_read
zh: 把文件头也当成了像素。文件的前 16 个字节是文件头，像素从它之后才开始。如果把整个文件都当作像素来读，所有像素都会向后错开 16 个位置，
第一张图像的开头其实是文件头的内容，文件最后的 16 个像素则丢掉了。请先把文件头读走，或者在 np.frombuffer 里写 offset=16。
"""

def load_images(path):
    open_file = gzip.open if str(path).endswith(".gz") else open
    with open_file(path, "rb") as file:
        data = file.read()
    magic, n, rows, cols = struct.unpack(">4i", data[:16])
    if magic != 2051:
        raise ValueError(f"not a file of images: {magic}")
    if len(data) < 16 + n * rows * cols:
        raise ValueError("the file is too short")
    pixels = np.frombuffer(data, dtype=np.uint8)
    return pixels[: n * rows * cols].reshape(n, rows, cols)
