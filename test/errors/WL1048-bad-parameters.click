elementclass Marked { $color, $color | input -> Paint($color) -> output };
FromDevice(lan) -> Marked(1, 2) -> ToDevice(wan);
