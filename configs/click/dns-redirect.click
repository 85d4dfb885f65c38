// Sends the name queries of a network to a name server of ours at the other end of a GRE tunnel, and its answers back as if the server had answered that was
// asked. Everything else passes as it is.
AddressInfo(
  hosts 10.0.0.1/24 02:00:00:00:00:01,
  uplink 198.51.100.2/24 02:00:00:00:02:01,
  provider 198.51.100.1,
  far_end 203.0.113.9,
  name_server 10.9.9.53);

queries :: UDPRewriter(pattern - - name_server 53 0 1, drop);
to_hosts :: Queue(200) -> ToDevice(lan);
to_uplink :: Queue(200) -> ToDevice(wan);
lan_arp :: ARPQuerier(hosts) -> to_hosts;
wan_arp :: ARPQuerier(uplink) -> to_uplink;

FromDevice(lan) -> kinds :: Classifier(12/0806 20/0001, 12/0806 20/0002, 12/0800, -);
kinds[0] -> ARPResponder(hosts, 0.0.0.0/0 02:00:00:00:00:01) -> to_hosts;
kinds[1] -> [1] lan_arp;
kinds[2] -> Strip(14) -> CheckIPHeader -> names :: IPClassifier(udp and dst port 53, -);
kinds[3] -> Discard;

names[0] -> [0] queries;
names[1] -> outward :: SetIPAddress(provider) -> [0] wan_arp;
// Queries go through the tunnel.
queries[0] -> GREEncap -> IPEncap(47, uplink, far_end) -> outward;
// Answers go back to who asked.
queries[1] -> lan_way :: GetIPAddress(16) -> [0] lan_arp;

FromDevice(wan) -> wan_kinds :: Classifier(12/0806 20/0001, 12/0806 20/0002, 12/0800, -);
wan_kinds[0] -> ARPResponder(uplink, hosts:ipnet 02:00:00:00:02:01) -> to_uplink;
wan_kinds[1] -> [1] wan_arp;
wan_kinds[2] -> Strip(14) -> CheckIPHeader -> tunnel :: IPClassifier(ip proto 47 and src host far_end, dst net hosts:ipnet, -);
wan_kinds[3] -> Discard;
tunnel[0] -> StripIPHeader -> GREDecap -> CheckIPHeader -> [1] queries;
tunnel[1] -> lan_way;
tunnel[2] -> Discard;
