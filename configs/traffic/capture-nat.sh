#!/bin/bash
# Makes nat/inside-in.pcap and nat/outside-in.pcap: what two machines at home and servers in the Internet
# send to the gateway between them, which is the kernel's own (nftables masquerade) during the recording,
# with the addresses that configs/nat.yaml has. Like that, it keeps source ports as long as they are free,
# so the servers' answers in the capture fit.
#
# Run as root: configs/traffic/capture-nat.sh

source "$(dirname "${BASH_SOURCE[0]}")/stage.sh"
source "$here/servers.sh"
require ip ethtool tcpdump ping curl nginx named dig iperf3 nc openssl nft

out=${1:-$here/nat}
mkdir -p "$out"

place gateway
within gateway sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.default.send_redirects=0
place inside
place outside
cable inside wire0 02:00:00:00:01:10 gateway inside0 02:00:00:00:fe:01
cable outside wire0 02:00:00:00:03:fe gateway outside0 02:00:00:00:fe:02
within gateway ip address add 10.0.0.1/24 dev inside0
within gateway ip address add 198.51.100.1/24 dev outside0
within gateway ip route add default via 198.51.100.254
within gateway nft 'add table ip home; add chain ip home out { type nat hook postrouting priority 100; };
  add rule ip home out oifname "outside0" masquerade;
  add chain ip home in { type filter hook input priority 0; };
  add rule ip home in iifname "outside0" tcp flags syn drop;
  add rule ip home in iifname "outside0" meta l4proto udp drop'

within inside ip address add 10.0.0.10/24 dev wire0
within inside ip address add 10.0.0.11/24 dev wire0
within inside ip route add default via 10.0.0.1 src 10.0.0.10
within outside ip address add 198.51.100.254/24 dev wire0
within outside ip route add 10.0.0.0/24 via 198.51.100.1
for address in 203.0.113.80 203.0.113.53 203.0.113.99 203.0.113.66; do
  within outside ip address add "$address/32" dev lo
done

web_server outside
name_server outside 203.0.113.53
serve outside 5201 iperf3 --server --bind 203.0.113.99
shell_server outside

# Both sides know the gateway, so that it has to ask for them; see capture-router.sh.
within inside ip neighbor replace 10.0.0.1 lladdr 02:00:00:00:fe:01 dev wire0 nud permanent
within outside ip neighbor replace 198.51.100.1 lladdr 02:00:00:00:fe:02 dev wire0 nud permanent

record inside wire0 "$out/inside-in.pcap"
record outside wire0 "$out/outside-in.pcap"
# What the kernel makes of it: a second opinion for the tests.
for side in inside outside; do record "$side" wire0 "$out/$side-kernel.pcap" in; done

web=(--silent --output /dev/null --max-time 2 --insecure)
within inside dig +noall +answer @203.0.113.53 www.example.com A
within inside dig +noall +answer -b 10.0.0.11 @203.0.113.53 example.com MX
within inside ip neighbor delete 10.0.0.1 dev wire0
within outside ip neighbor delete 198.51.100.1 dev wire0

within inside curl "${web[@]}" http://203.0.113.80/download
within inside curl "${web[@]}" --interface 10.0.0.11 https://203.0.113.80/page
# Two at once.
within inside curl "${web[@]}" http://203.0.113.80/page &
first=$!
within inside curl "${web[@]}" --interface 10.0.0.11 http://203.0.113.80/page
wait "$first"
shell_client inside 203.0.113.66
within inside iperf3 --client 203.0.113.99 --bytes 32K --length 8K > "$scratch/measured"
within inside iperf3 --client 203.0.113.99 --udp --bitrate 2M --bytes 12K --length 1200 > "$scratch/measured"
may_fail within inside nc -z -w 1 203.0.113.80 81

# The gateway itself, and hops that end there.
within inside ping -q -c 2 -i 0.2 10.0.0.1
within outside ping -q -c 2 -i 0.2 198.51.100.1
may_fail within inside dig +noall +tries=1 +time=1 @10.0.0.1 www.example.com A
may_fail within inside ping -q -c 2 -i 0.2 -W 1 -t 1 203.0.113.80
within inside ping -q -c 2 -i 0.2 203.0.113.80

# From outside nobody comes in.
for port in 22 80 5201; do may_fail within outside nc -z -w 1 -s 203.0.113.66 198.51.100.1 "$port"; done
may_fail within outside nc -u -z -w 1 -s 203.0.113.66 198.51.100.1 53
may_fail within outside ping -q -c 1 -W 1 10.0.0.10

finish_recording "$out"/{inside,outside}-{in,kernel}.pcap
