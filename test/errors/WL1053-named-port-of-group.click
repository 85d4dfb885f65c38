FromDevice(lan) -> ( [in] -> Counter -> output ) -> ToDevice(wan);
