// One end of a tunnel between two sites (RFC 2784): packets for the far network go through GRE over the provider's network; everything else stays.
// The other end has the addresses the other way round.
AddressInfo(
  site 10.1.0.1/16 02:00:00:00:00:01,
  uplink 198.51.100.2/24 02:00:00:00:02:01,
  provider 198.51.100.1,
  far_end 203.0.113.9);

to_site :: Queue(500) -> ToDevice(lan);
to_uplink :: Queue(500) -> ToDevice(wan);
lan_arp :: ARPQuerier(site) -> to_site;
wan_arp :: ARPQuerier(uplink) -> to_uplink;

FromDevice(lan) -> kinds :: Classifier(12/0806 20/0001, 12/0806 20/0002, 12/0800, -);
kinds[0] -> ARPResponder(site) -> to_site;
kinds[1] -> [1] lan_arp;
kinds[2] -> Strip(14) -> CheckIPHeader -> routes :: StaticIPLookup(site 1, 10.2.0.0/16 0, 0.0.0.0/0 2);
kinds[3] -> Discard;

// Into the tunnel; what would not fit with 24 bytes more is fragmented before, or its sender told.
routes[0] -> ttl :: DecIPTTL -> fits :: IPFragmenter(1476) -> GREEncap(KEY 7) -> IPEncap(47, uplink, far_end) -> SetIPAddress(provider) -> [0] wan_arp;
ttl[1] -> ICMPError(site, timeexceeded) -> back :: GetIPAddress(16) -> [0] lan_arp;
fits[1] -> ICMPError(site, unreachable, needfrag, PMTU 1476) -> back;
routes[1] -> ICMPPingResponder -> back;
routes[2] -> ICMPError(site, unreachable, net) -> back;

// Out of the tunnel.
FromDevice(wan) -> wan_kinds :: Classifier(12/0806 20/0001, 12/0806 20/0002, 12/0800, -);
wan_kinds[0] -> ARPResponder(uplink) -> to_uplink;
wan_kinds[1] -> [1] wan_arp;
wan_kinds[2] -> Strip(14) -> CheckIPHeader -> tunnel :: IPFilter(allow ip proto 47 and src host far_end and dst host uplink, deny all)
  -> StripIPHeader -> GREDecap(KEY 7) -> CheckIPHeader -> IPFilter(allow src net 10.2.0.0/16 and dst net site:ipnet, deny all) -> out_ttl :: DecIPTTL -> back;
wan_kinds[3] -> Discard;
out_ttl[1] -> Discard;
