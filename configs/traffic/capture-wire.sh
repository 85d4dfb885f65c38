#!/bin/bash
# Makes wire/lan-in.pcap and wire/wan-in.pcap: two machines on one cable, a page, a name, pings.
#
# Run as root: configs/traffic/capture-wire.sh

source "$(dirname "${BASH_SOURCE[0]}")/stage.sh"
source "$here/servers.sh"
require ip ethtool tcpdump ping curl nginx named dig nc openssl

out=${1:-$here/wire}
mkdir -p "$out"

place lan
place wan
cable lan lan0 02:00:00:00:01:10 wan wan0 02:00:00:00:02:10
within lan ip address add 10.0.0.1/24 dev lan0
within wan ip address add 10.0.0.2/24 dev wan0
web_server wan
name_server wan 10.0.0.2

record lan lan0 "$out/lan-in.pcap"
record wan wan0 "$out/wan-in.pcap"

within lan ping -q -c 3 -i 0.2 10.0.0.2
within lan ping -q -c 1 -s 4000 10.0.0.2
within lan dig +noall +answer @10.0.0.2 www.example.com A
within lan curl --silent --output /dev/null http://10.0.0.2/download
within lan nc -u -w 1 -q 0 10.0.0.2 9 < /dev/null || true

finish_recording "$out/lan-in.pcap" "$out/wan-in.pcap"
