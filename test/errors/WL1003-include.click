require(library nowhere.click);
FromDevice(lan) -> ToDevice(wan);
