"""How much of everything there may be in a room and in one answer."""

MAX_NAME = 255
MAX_MESSAGE = 5_000
# Named when a room is made; one by one, more may come.
MAX_PARTICIPANTS = 250
# In a room inside a list.
MOST_PARTICIPANTS = 100
# Counted of what somebody has not read in a room.
MOST_UNREAD = 10_000
DEFAULT_LOG, MAX_LOG = 100, 1_000
