"""Pictures decoded in processes of their own, so that what breaks a decoder does not break the window.

`pixels` decodes and `worker` is the program that does it; `memory` and `link` carry bytes in and pixels
out; `workers` starts, watches and ends the programs. Nothing here knows Qt, gRPC or the user.

Measured on two cores, medians in ms, a pool of threads that decodes in the window's own process first:
JPEG 12 megapixels with smaller copies 190 against 75, thumbnails of it 25 against 25. Processes cost a
copy of the encoded bytes (0.5 per MB) and win because nothing of theirs takes the interpreter from the
window, and because memory that was a picture before is written again instead of being asked for anew.
"""
