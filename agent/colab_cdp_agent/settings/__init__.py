"""What a person may set: the tree of keys, its value types and their words."""
