"""`make load` and `make soak`: what people do all day, at a given rate, and what becomes of the processes that serve it."""
