// A home gateway: hosts of the network inside share the address outside, ping, and use FTP in active mode; from outside, only answers come in, and
// connections to the web server inside.
AddressInfo(
  inside 192.168.1.1/24 02:00:00:00:01:01,
  outside 198.51.100.2/24 02:00:00:00:02:01,
  provider 198.51.100.1,
  web 192.168.1.80);

// Ports 1024 and up of the address outside are for those inside.
IPRewriterPatterns(share outside 1024-65535 - -, publish - - web 80);
flows :: IPRewriter(pattern share 0 1, pattern publish 1 0, drop);
ftp_flows :: TCPRewriter(pattern share 0 1, drop);
pings :: ICMPPingRewriter(pattern outside 1024-65535 - - 0 1, drop);
errors :: ICMPRewriter(flows ftp_flows pings);
ftp :: FTPPortMapper(ftp_flows, flows, 0);

in_arp :: ARPQuerier(inside);
out_arp :: ARPQuerier(outside);
in_queue :: Queue(500) -> ToDevice(lan);
out_queue :: Queue(500) -> ToDevice(wan);
in_arp -> in_queue;
out_arp -> out_queue;

// Towards the provider, and towards the hosts inside.
to_provider :: SetIPAddress(provider) -> [0] out_arp;
to_inside :: GetIPAddress(16) -> [0] in_arp;

FromDevice(lan) -> in_kinds :: Classifier(12/0806 20/0001, 12/0806 20/0002, 12/0800, -);
in_kinds[0] -> ARPResponder(inside) -> in_queue;
in_kinds[1] -> [1] in_arp;
in_kinds[2] -> Strip(14) -> CheckIPHeader -> from_inside :: IPClassifier(dst host inside and icmp type echo, dst net inside:ipnet, tcp port 21, tcp or udp, icmp type echo, icmp, -);
in_kinds[3] -> Discard;
from_inside[0] -> ICMPPingResponder -> to_inside;
from_inside[1] -> Discard;
from_inside[2] -> CheckTCPHeader -> ftp -> [0] ftp_flows;
from_inside[3] -> [0] flows;
from_inside[4] -> [0] pings;
from_inside[5] -> errors;
from_inside[6] -> Discard;

FromDevice(wan) -> out_kinds :: Classifier(12/0806 20/0001, 12/0806 20/0002, 12/0800, -);
out_kinds[0] -> ARPResponder(outside) -> out_queue;
out_kinds[1] -> [1] out_arp;
out_kinds[2] -> Strip(14) -> CheckIPHeader -> from_outside :: IPClassifier(src net 192.168.0.0/16, dst host outside and dst tcp port 80, tcp src port 21, tcp or udp, icmp type echo-reply, icmp type echo, icmp, -);
out_kinds[3] -> Discard;
from_outside[0] -> Discard;
from_outside[1] -> [1] flows;
from_outside[2] -> [1] ftp_flows;
from_outside[3] -> [2] flows;
from_outside[4] -> [1] pings;
from_outside[5] -> ICMPPingResponder -> to_provider;
from_outside[6] -> errors;
from_outside[7] -> Discard;

flows[0] -> to_provider;
flows[1] -> to_inside;
ftp_flows[0] -> to_provider;
ftp_flows[1] -> to_inside;
pings[0] -> to_provider;
pings[1] -> to_inside;
errors[0] -> back :: IPClassifier(dst net inside:ipnet, -);
back[0] -> to_inside;
back[1] -> to_provider;
