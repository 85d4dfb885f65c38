#line nonsense
FromDevice(lan) -> ToDevice(wan);
