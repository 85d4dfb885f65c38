FromDevice(lan) -> { input -> Queue(10) -> Unqueue -> output || ... } -> ToDevice(wan);
