elementclass Part { require(library part.click); input -> output }
FromDevice(lan) -> Part -> ToDevice(wan);
