// An IP router between four networks (RFC 1812): ARP on all sides, a route table, time to live, ICMP errors, fragments.
AddressInfo(
  north 10.0.1.1/24 02:00:00:00:01:01,
  east 10.0.2.1/24 02:00:00:00:02:01,
  south 10.0.3.1/24 02:00:00:00:03:01,
  west 10.0.4.1/24 02:00:00:00:04:01);

// What arrives at an interface: ARP requests are answered, ARP responses go to the querier, IP packets on.
elementclass Arrival { $device, $address, $color |
  input -> classes :: Classifier(12/0806 20/0001, 12/0806 20/0002, 12/0800, -);
  classes[0] -> ARPResponder($address) -> [1] output;
  classes[1] -> [2] output;
  classes[2] -> Paint($color) -> Strip(14) -> CheckIPHeader(INTERFACES north east south west) -> [0] output;
  classes[3] -> Discard;
}

// What leaves by an interface: redirects for those who could go directly, options, time to live, fragments, each with its error.
elementclass Departure { $device, $address, $color, $mtu |
  input -> DropBroadcasts
    -> redirect :: PaintTee($color)
    -> options :: IPGWOptions($address)
    -> FixIPSrc($address)
    -> ttl :: DecIPTTL
    -> fragments :: IPFragmenter($mtu)
    -> [0] output;
  redirect[1] -> ICMPError($address, redirect, host) -> [1] output;
  options[1] -> ICMPError($address, parameterproblem) -> [1] output;
  ttl[1] -> ICMPError($address, timeexceeded) -> [1] output;
  fragments[1] -> ICMPError($address, unreachable, needfrag) -> [1] output;
}

routes :: RadixIPLookup(
  north 4, east 4, south 4, west 4,
  north:ipnet 0, east:ipnet 1, south:ipnet 2, west:ipnet 3,
  0.0.0.0/0 10.0.1.254 0);

north_in :: Arrival(eth0, north, 1);
north_out :: Departure(eth0, north, 1, 1500);
north_arp :: ARPQuerier(north);
north_queue :: Queue(200) -> ToDevice(eth0);
FromDevice(eth0) -> north_in -> [0] routes;
north_in[1] -> north_queue;
north_in[2] -> [1] north_arp;
routes[0] -> north_out -> [0] north_arp -> north_queue;
north_out[1] -> [0] routes;

east_in :: Arrival(eth1, east, 2);
east_out :: Departure(eth1, east, 2, 1500);
east_arp :: ARPQuerier(east);
east_queue :: Queue(200) -> ToDevice(eth1);
FromDevice(eth1) -> east_in -> [0] routes;
east_in[1] -> east_queue;
east_in[2] -> [1] east_arp;
routes[1] -> east_out -> [0] east_arp -> east_queue;
east_out[1] -> [0] routes;

south_in :: Arrival(eth2, south, 3);
south_out :: Departure(eth2, south, 3, 1500);
south_arp :: ARPQuerier(south);
south_queue :: Queue(200) -> ToDevice(eth2);
FromDevice(eth2) -> south_in -> [0] routes;
south_in[1] -> south_queue;
south_in[2] -> [1] south_arp;
routes[2] -> south_out -> [0] south_arp -> south_queue;
south_out[1] -> [0] routes;

west_in :: Arrival(eth3, west, 4);
west_out :: Departure(eth3, west, 4, 1500);
west_arp :: ARPQuerier(west);
west_queue :: Queue(200) -> ToDevice(eth3);
FromDevice(eth3) -> west_in -> [0] routes;
west_in[1] -> west_queue;
west_in[2] -> [1] west_arp;
routes[3] -> west_out -> [0] west_arp -> west_queue;
west_out[1] -> [0] routes;

// Pings of the router itself.
routes[4] -> ping :: IPClassifier(icmp type echo, -);
ping[0] -> ICMPPingResponder -> [0] routes;
ping[1] -> Discard;
