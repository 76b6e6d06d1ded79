"""The `.proto` files and the code generated from them, in a descriptor pool of its own."""
