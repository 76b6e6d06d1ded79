"""Pictures decoded in processes of their own, so that what breaks a decoder does not break the window.

`pixels` decodes and `worker` is the program that does it; `memory` and `link` carry bytes in and pixels
out; `workers` starts, watches and ends the programs. Nothing here knows Qt, gRPC or the user.

Measured on two cores, ms of a core for each picture, a pool of threads in the window's process before this and
workers now: JPEG of 1920 x 1080 with its smaller copies 27.0 and 13.7, of 12 megapixels 245 and 102; thumbnails
of 320 px of them 7.1 and 7.1, 28.4 and 30.6. Of the last the window's own process has 1. A worker costs a copy of
the encoded bytes each way, and wins because nothing of its takes the interpreter from the window, and because
memory that was a picture before is written again: new memory costs a third of a decode. That holds for every
kind, so that none is decoded in the window.
"""
