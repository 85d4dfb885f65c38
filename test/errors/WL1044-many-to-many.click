FromDevice(lan) -> c :: Classifier(12/0800, -);
c [0,1] => [0,1,2] t :: Idle;
