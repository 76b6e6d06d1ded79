"""Images with what is on them, to and from the layouts that other programs read.

`registry.FORMATS` has them by name. Each is written image by image, with one picture in memory at a
time, and read back image by image.
"""
