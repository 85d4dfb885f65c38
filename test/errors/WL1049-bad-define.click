define($a 1, $a 2);
FromDevice(lan) -> Paint($a) -> ToDevice(wan);
