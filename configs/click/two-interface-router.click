// An IP router between two networks (RFC 1812): ARP on both sides, a route table, time to live, ICMP errors, fragments.
// Interfaces and their addresses; change them here.
AddressInfo(
  left 10.0.1.1/24 02:00:00:00:01:01,
  right 10.0.2.1/24 02:00:00:00:02:01);

// What arrives at an interface: ARP requests are answered, ARP responses go to the querier, IP packets on.
elementclass Arrival { $device, $address, $color |
  input -> classes :: Classifier(12/0806 20/0001, 12/0806 20/0002, 12/0800, -);
  classes[0] -> ARPResponder($address) -> [1] output;
  classes[1] -> [2] output;
  classes[2] -> Paint($color) -> Strip(14) -> CheckIPHeader(INTERFACES left right) -> [0] output;
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
  left 2, right 2,
  left:ipnet 0, right:ipnet 1);

left_in :: Arrival(eth0, left, 1);
right_in :: Arrival(eth1, right, 2);
left_out :: Departure(eth0, left, 1, 1500);
right_out :: Departure(eth1, right, 2, 1500);
left_arp :: ARPQuerier(left);
right_arp :: ARPQuerier(right);
left_queue :: Queue(200) -> ToDevice(eth0);
right_queue :: Queue(200) -> ToDevice(eth1);

FromDevice(eth0) -> left_in -> [0] routes;
left_in[1] -> left_queue;
left_in[2] -> [1] left_arp;
FromDevice(eth1) -> right_in -> [0] routes;
right_in[1] -> right_queue;
right_in[2] -> [1] right_arp;

routes[0] -> left_out -> [0] left_arp -> left_queue;
routes[1] -> right_out -> [0] right_arp -> right_queue;
left_out[1] -> [0] routes;
right_out[1] -> [0] routes;

// Pings of the router itself.
routes[2] -> ping :: IPClassifier(icmp type echo, -);
ping[0] -> ICMPPingResponder -> [0] routes;
ping[1] -> Discard;
