AddressInfo(gateway);
FromDevice(lan) -> ToDevice(wan);
