#!/bin/bash
# Makes firewall/lan-in.pcap and firewall/wan-in.pcap: what the office network 192.0.2.0/24 and the
# Internet send each other, among it what configs/firewall.yaml must not let through. There was no firewall
# on the cable; where one would have kept a request, the other side was deaf to it.
#
# Run as root: configs/traffic/capture-firewall.sh

source "$(dirname "${BASH_SOURCE[0]}")/stage.sh"
source "$here/servers.sh"
require ip ethtool tcpdump ping curl nginx named dig iperf3 sshd ssh nc openssl nft

out=${1:-$here/firewall}
mkdir -p "$out"

place lan
place wan
cable lan lan0 02:00:00:00:01:10 wan wan0 02:00:00:00:02:01
for name in lan wan; do within "$name" sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0; done

# The office: an administrator's machine, anybody's machine, and the web server.
for address in 192.0.2.10 192.0.2.100 192.0.2.80; do within lan ip address add "$address/24" dev lan0; done
within lan ip route add default via 192.0.2.1 src 192.0.2.100

# The Internet: the provider's router, name server, measuring server, web and mail servers, a shell server,
# the head office, a stranger, and two addresses that nobody there may use.
within wan sysctl -qw net.ipv4.ip_forward=1
within wan ip address add 192.0.2.1/24 dev wan0
for address in 198.51.100.53 198.51.100.99 198.51.100.80 198.51.100.25 198.51.100.22 198.51.100.3 \
  203.0.113.66 203.0.113.53 10.0.0.66 192.0.2.200; do
  within wan ip address add "$address/32" dev lo
done
# Beyond the router lies a network where packets with few hops left do not arrive.
place far
cable wan far0 02:00:00:00:02:02 far wan0 02:00:00:00:03:01
within wan ip route add 203.0.113.128/25 dev far0

web_server wan
name_server wan "198.51.100.53; 203.0.113.53"
shell_server wan
serve wan 5201 iperf3 --server --bind 198.51.100.99
web_server lan
shell_server lan
deaf wan 8080 25 23
deaf lan 81 23 3389 8080

record lan lan0 "$out/lan-in.pcap"
record wan wan0 "$out/wan-in.pcap"

fetch() { may_fail within "$@"; }
web=(--silent --output /dev/null --max-time 2 --insecure)

# From the office to the Internet: names, pages, a shell, a measurement.
within lan dig +noall +answer @198.51.100.53 www.example.com A
within lan dig +noall +answer @198.51.100.53 example.com MX
within lan dig +noall +noedns @198.51.100.53 long.example.com TXT
within lan curl "${web[@]}" http://198.51.100.80/page
within lan curl "${web[@]}" https://198.51.100.80/download
within lan ping -q -c 3 -i 0.2 198.51.100.80
within lan ping -q -c 2 -i 0.2 -I 192.0.2.10 192.0.2.1
shell_client lan 198.51.100.22 -b 192.0.2.10
within lan iperf3 --client 198.51.100.99 --bind 192.0.2.10 --bytes 48K --length 8K > "$scratch/measured"
within lan iperf3 --client 198.51.100.99 --bind 192.0.2.10 --udp --bitrate 2M --bytes 24K --length 1200 > "$scratch/measured"
may_fail within lan nc -z -w 1 198.51.100.25 80

# What the office should not do: other resolvers, mail past the mail server, other ports, shells from
# anywhere, large pings, fragments, addresses that are not its own.
may_fail within lan dig +noall +tries=1 +time=1 @203.0.113.53 www.example.com A
may_fail within lan nc -z -w 1 198.51.100.25 25
fetch lan curl "${web[@]}" http://198.51.100.80:8080/
may_fail within lan nc -z -w 1 203.0.113.66 23
may_fail within lan ping -q -c 1 -W 1 -s 1400 198.51.100.80
may_fail within lan ping -q -c 1 -W 1 -s 3000 198.51.100.80
within lan ip address add 10.9.9.9/32 dev lo
may_fail within lan ping -q -c 2 -i 0.2 -W 1 -I 10.9.9.9 198.51.100.80

# The first hop of a traceroute.
may_fail within lan ping -q -c 2 -i 0.2 -W 1 -t 1 203.0.113.200

# From the Internet to the office: the web server for all, shells for the head office.
within wan curl "${web[@]}" --interface 203.0.113.66 http://192.0.2.80/page
within wan curl "${web[@]}" --interface 203.0.113.66 https://192.0.2.80/
within wan ping -q -c 3 -i 0.2 -I 203.0.113.66 192.0.2.80
shell_client wan 192.0.2.80 -b 198.51.100.3

# What the Internet should not do: scan, log in, reach the other machines, lie about where it is.
for port in 23 81 3389; do may_fail within wan nc -z -w 1 -s 203.0.113.66 192.0.2.80 "$port"; done
may_fail within wan nc -z -w 1 -s 203.0.113.66 192.0.2.100 8080
may_fail within wan ping -q -c 1 -W 1 -I 203.0.113.66 192.0.2.100
may_fail within wan ping -q -c 2 -i 0.2 -W 1 -I 192.0.2.200 192.0.2.80
may_fail within wan ping -q -c 2 -i 0.2 -W 1 -I 10.0.0.66 192.0.2.80
may_fail within wan ping -q -c 1 -W 1 -s 3000 -I 203.0.113.66 192.0.2.80

# And the other protocol.
for side in lan wan; do
  within "$side" sysctl -qw "net.ipv6.conf.${side}0.disable_ipv6=0" "net.ipv6.conf.${side}0.accept_dad=0" \
    "net.ipv6.conf.${side}0.router_solicitations=0"
done
within lan ip address add 2001:db8::10/64 dev lan0 nodad
within wan ip address add 2001:db8::1/64 dev wan0 nodad
may_fail within lan ping -q -c 2 -i 0.2 -W 1 2001:db8::1

finish_recording "$out/lan-in.pcap" "$out/wan-in.pcap"
