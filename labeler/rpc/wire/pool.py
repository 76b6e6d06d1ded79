"""The descriptor pool of the labeler's own generated code.

The default pool of a process takes one definition of a message; with a pool of its own, this code
can be loaded before or after another package's definitions of the same protocol.
"""

from google.protobuf.descriptor_pool import DescriptorPool

POOL = DescriptorPool()
