"""The pixels were scaled while reading.

Dividing by 255 is right before the pixels enter a network, but not here: `load_images` returns what the file holds, as
`uint8`. As 64-bit floats the same images need eight times the memory, and whoever uses the function next may scale them
a second time.

task: load_images
fails: square_images_are_read, rows_and_columns_come_from_the_header, one_image_or_none_is_read, packed_images_are_read
zh: 读文件时就把像素缩放了。除以 255 应该在把图像送入网络之前做，而不是在这里：load_images 应当原样返回文件里的内容，类型为 uint8。
换成 64 位浮点数，内存占用是原来的八倍，而且别人用这个函数时可能会再缩放一次。
"""

def load_images(path):
    open_file = gzip.open if str(path).endswith(".gz") else open
    with open_file(path, "rb") as file:
        header, pixels = file.read(16), file.read()
    magic, n, rows, cols = struct.unpack(">4i", header)
    if magic != 2051:
        raise ValueError(f"not a file of images: {magic}")
    if len(pixels) < n * rows * cols:
        raise ValueError("the file is too short")
    return np.frombuffer(pixels, dtype=np.uint8).reshape(n, rows, cols) / 255
