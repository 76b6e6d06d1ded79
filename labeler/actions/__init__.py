"""What the user can do: one table of actions, and the keys for them."""
