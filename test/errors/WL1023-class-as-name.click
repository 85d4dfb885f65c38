Idle -> Queue :: SimpleQueue -> Discard
