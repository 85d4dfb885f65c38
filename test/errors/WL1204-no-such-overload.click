elementclass Marked { input -> Paint(1) -> output || input[0] -> Paint(2) -> output; input[1] -> Discard };
FromDevice(lan) -> m :: Marked -> ToDevice(wan);
FromDevice(dmz) -> [2]m;
