elementclass Buffer { ... || input -> Queue(10) -> Unqueue -> output }
FromDevice(lan) -> Buffer -> ToDevice(wan);
