"""Erasing bodies by order, with what was made from them."""
