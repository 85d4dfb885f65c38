#!/bin/bash
# Makes bridge/port0-in.pcap to port3-in.pcap: what four machines send to the switch between them, which is
# the kernel's own during the recording. The last part is a failover: machine 3 takes over the addresses of
# machine 2, so that a switch has to learn them anew on another port.
#
# Run as root: configs/traffic/capture-bridge.sh

source "$(dirname "${BASH_SOURCE[0]}")/stage.sh"
source "$here/servers.sh"
require ip ethtool tcpdump ping curl nginx named dig iperf3 nc openssl

out=${1:-$here/bridge}
mkdir -p "$out"

place switch
within switch ip link add bridge0 type bridge stp_state 0 mcast_snooping 0
within switch ip link set bridge0 up
for port in 0 1 2 3; do
  place "host$port"
  cable "host$port" wire0 "02:00:00:00:01:1$port" switch "port$port" "02:00:00:00:0f:0$port"
  within switch ip link set "port$port" master bridge0
  within "host$port" ip address add "10.0.0.1$port/24" broadcast 10.0.0.255 dev wire0
done
web_server host1
name_server host2 10.0.0.12
serve host0 5201 iperf3 --server

for port in 0 1 2 3; do record "host$port" wire0 "$out/port$port-in.pcap"; done

# Everybody meets everybody.
for from in 0 1 2 3; do
  for to in 0 1 2 3; do
    [ "$from" = "$to" ] || within "host$from" ping -q -c 1 -W 1 "10.0.0.1$to"
  done
done
within host0 dig +noall +answer @10.0.0.12 www.example.com A
within host3 dig +noall +answer @10.0.0.12 example.com MX
within host0 curl --silent --output /dev/null http://10.0.0.11/download
within host3 curl --silent --output /dev/null --insecure https://10.0.0.11/page
within host2 iperf3 --client 10.0.0.10 --bytes 32K --length 8K > "$scratch/measured"
within host2 iperf3 --client 10.0.0.10 --udp --bitrate 2M --bytes 12K --length 1200 > "$scratch/measured"

# Nobody there, everybody meant, a group meant.
may_fail within host1 ping -q -c 1 -W 1 10.0.0.99
may_fail within host1 ping -q -c 2 -i 0.2 -W 1 -b 10.0.0.255
may_fail within host3 ping -q -c 2 -i 0.2 -W 1 -I 10.0.0.13 224.0.0.1

# The failover.
within host2 ip link set wire0 down
within host3 ip link set wire0 address 02:00:00:00:01:12
within host3 ip address add 10.0.0.12/24 dev wire0
within host3 ping -q -c 2 -i 0.2 -I 10.0.0.12 10.0.0.10
within host1 ping -q -c 2 -i 0.2 10.0.0.12

finish_recording "$out"/port{0,1,2,3}-in.pcap
