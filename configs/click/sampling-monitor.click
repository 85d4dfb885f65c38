// Watches a line without touching it: passes all frames on, and of one in a hundred looks at the flow, counts packets and bytes of protocols, and of sources.
FromDevice(line) -> copies :: Tee(2) -> Queue(1000) -> ToDevice(tap);
copies[1] -> all :: Counter
  -> sampler :: RandomSample(0.01)
  -> sampled :: Counter
  -> kinds :: Classifier(12/0800, -);
kinds[0] -> Strip(14) -> CheckIPHeader -> protocols :: IPClassifier(tcp, udp, icmp, -);
kinds[1] -> other :: Counter -> Discard;
protocols[0] -> tcp :: Counter -> flows :: AggregateIPFlows -> per_flow :: AggregateCounter(BYTES true) -> AggregateIP(ip src) -> per_source :: AggregateCounter -> Discard;
protocols[1] -> udp :: Counter -> flows;
protocols[2] -> icmp :: Counter -> AggregateIP(ip src) -> Discard;
protocols[3] -> rest :: Counter -> Discard;
