// A firewall between two networks that stays invisible: it passes Ethernet frames from side to side, and of IPv4 packets those that its rules allow.
// Inside may open connections; outside may reach one mail server and one web server, and ping.
FromDevice(inside) -> Queue(500) -> ToDevice(outside);
FromDevice(outside) -> kinds :: Classifier(12/0806, 12/0800, -);
to_inside :: Queue(500) -> ToDevice(inside);
kinds[0] -> to_inside;
kinds[1] -> CheckIPHeader(14) -> rules :: IPFilter(
  deny src net 10.0.0.0/8,
  deny ip frag,
  allow dst host 10.0.0.25 and dst tcp port smtp,
  allow dst host 10.0.0.80 and (dst tcp port www or dst tcp port 443),
  allow icmp type echo-reply or icmp type echo or icmp type unreachable or icmp type timeexceeded,
  allow tcp opt ack,
  allow udp and src port domain,
  deny all) -> allowed :: Counter -> to_inside;
kinds[2] -> Discard;
