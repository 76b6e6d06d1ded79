"""What the user sees and does, without widgets: everything here can be tested without a screen."""
