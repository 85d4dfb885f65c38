#!/bin/bash
# Makes router/{lan,dmz,wan}-in.pcap: what the machines of three networks send to the
# router between them, which is the kernel's own during the recording, with the addresses that
# configs/router.yaml has. So answers to its ARP requests are in the captures at the moments at which a
# router that has just started asks.
#
# Run as root: configs/traffic/capture-router.sh

source "$(dirname "${BASH_SOURCE[0]}")/stage.sh"
source "$here/servers.sh"
require ip ethtool tcpdump ping curl nginx named dig iperf3 nc openssl

out=${1:-$here/router}
mkdir -p "$out"

place router
within router sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.default.send_redirects=0
for net in lan dmz wan; do place "$net"; done
cable lan wire0 02:00:00:00:01:10 router lan0 02:00:00:00:fe:01
cable dmz wire0 02:00:00:00:02:10 router dmz0 02:00:00:00:fe:02
cable wan wire0 02:00:00:00:03:fe router wan0 02:00:00:00:fe:03
within router ip address add 10.0.0.1/24 dev lan0
within router ip address add 192.0.2.1/24 dev dmz0
within router ip address add 198.51.100.1/24 dev wan0
within router ip route add default via 198.51.100.254

within lan ip address add 10.0.0.10/24 dev wire0
within lan ip route add default via 10.0.0.1
within dmz ip address add 192.0.2.80/24 dev wire0
within dmz ip address add 192.0.2.53/24 dev wire0
within dmz ip route add default via 192.0.2.1
# The provider's router; beyond it a server.
within wan ip address add 198.51.100.254/24 dev wire0
within wan ip address add 203.0.113.10/32 dev lo
within wan ip route add default via 198.51.100.1

web_server dmz
name_server dmz 192.0.2.53
serve wan 5201 iperf3 --server --bind 203.0.113.10

# At first the machines know the router's address, so that the router has to ask for all of theirs.
for known in "lan 10.0.0.1 01" "dmz 192.0.2.1 02" "wan 198.51.100.1 03"; do
  set -- $known
  within "$1" ip neighbor replace "$2" lladdr "02:00:00:00:fe:$3" dev wire0 nud permanent
done

record lan wire0 "$out/lan-in.pcap"
record dmz wire0 "$out/dmz-in.pcap"
record wan wire0 "$out/wan-in.pcap"
# What the kernel makes of it: a second opinion for the tests.
for side in lan dmz wan; do record "$side" wire0 "$out/$side-kernel.pcap" in; done

web=(--silent --output /dev/null --max-time 2 --insecure)
within lan dig +noall +answer @192.0.2.53 www.example.com A
within lan ping -q -c 2 -i 0.2 192.0.2.80
within lan ping -q -c 2 -i 0.2 203.0.113.10
within lan ping -q -c 1 198.51.100.254

# Then they forget it, and ask.
within lan ip neighbor delete 10.0.0.1 dev wire0
within dmz ip neighbor delete 192.0.2.1 dev wire0
within wan ip neighbor delete 198.51.100.1 dev wire0

within lan curl "${web[@]}" http://192.0.2.80/download
within wan curl "${web[@]}" --interface 203.0.113.10 https://192.0.2.80/page
within dmz ping -q -c 2 -i 0.2 203.0.113.10
within lan iperf3 --client 203.0.113.10 --bytes 48K --length 8K > "$scratch/measured"
within lan iperf3 --client 203.0.113.10 --udp --bitrate 2M --bytes 12K --length 1200 > "$scratch/measured"
within lan ping -q -c 1 -s 3000 192.0.2.80
may_fail within lan nc -z -w 1 192.0.2.80 81

# The router itself: its near and its far addresses, and hops that end there.
within lan ping -q -c 2 -i 0.2 10.0.0.1
within lan ping -q -c 1 198.51.100.1
within wan ping -q -c 1 198.51.100.1
may_fail within lan ping -q -c 2 -i 0.2 -W 1 -t 1 203.0.113.10
may_fail within dmz ping -q -c 1 -W 1 -t 1 10.0.0.10
may_fail within lan ping -q -c 2 -i 0.2 -W 1 -t 2 203.0.113.10
may_fail within lan nc -z -w 1 10.0.0.1 22
# Nobody has that address, in a network that is there.
may_fail within lan ping -q -c 1 -W 1 192.0.2.99

finish_recording "$out"/{lan,dmz,wan}-{in,kernel}.pcap
