// Shapes what leaves for a slow line of 10 Mbit/s (RFC 2475): voice first and up to 2 Mbit/s of it, then three assured classes by shares, then everything
// else; early drops keep the queues short. What is marked is kept, what is not is marked by its ports.
FromDevice(lan) -> kinds :: Classifier(12/0800, -);
kinds[0] -> CheckIPHeader(14) -> marked :: IPClassifier(ip dscp 46, ip dscp 26, ip dscp 18, ip dscp 0, -);
kinds[1] -> control :: Queue(50);

// Marks by ports what nobody has marked.
marked[3] -> by_port :: IPClassifier(udp and dst port >= 5004 and dst port <= 5063, tcp port 22 or udp port 53, tcp port 80 or tcp port 443, -);
by_port[0] -> SetIPDSCP(46) -> voice_meter :: BandwidthMeter(250kBps);
by_port[1] -> SetIPDSCP(26) -> gold :: Queue(200);
by_port[2] -> SetIPDSCP(18) -> silver_drop :: RED(20, 100, 0.05) -> silver :: Queue(200);
by_port[3] -> rest_drop :: RED(10, 60, 0.1) -> rest :: Queue(100);
marked[0] -> voice_meter;
marked[1] -> gold;
marked[2] -> silver_drop;
marked[4] -> rest_drop;
voice_meter[0] -> voice :: Queue(50);
voice_meter[1] -> SetIPDSCP(0) -> rest_drop;

// Voice and control go first; the classes share what is left 5 to 3 to 1.
shares :: StrideSched(5, 3, 1);
gold -> [0] shares;
silver -> [1] shares;
rest -> [2] shares;
first :: PrioSched;
control -> [0] first;
voice -> [1] first;
shares -> [2] first;
first -> BandwidthShaper(1250kBps) -> sent :: Counter -> ToDevice(line);

// The way back is not shaped.
FromDevice(line) -> Queue(500) -> ToDevice(lan);
