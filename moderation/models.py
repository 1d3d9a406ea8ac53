"""Tables of moderation, all of our own and in the schema `django`."""
