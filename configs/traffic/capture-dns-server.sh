#!/bin/bash
# Makes dns-server/lan-in.pcap: what a machine asks a name server, and what else it sends to it. BIND's named stands
# in for the appliance, with its addresses and its zone.
#
# Run as root: configs/traffic/capture-dns-server.sh

source "$(dirname "${BASH_SOURCE[0]}")/stage.sh"
require ip ethtool tcpdump ping named dig

out=${1:-$here/dns-server}
mkdir -p "$out"

place lan
place server
cable lan lan0 02:00:00:00:01:10 server srv0 02:00:00:00:fe:01
within lan ip address add 192.0.2.100/24 dev lan0
within server ip address add 192.0.2.53/24 dev srv0

cat > "$scratch/named.conf" <<END
options {
  directory "$here/../zones"; pid-file none; session-keyfile none; managed-keys-directory "$scratch";
  listen-on { 192.0.2.53; }; listen-on-v6 { none; };
  recursion no; allow-transfer { none; }; dnssec-validation no; notify no; empty-zones-enable no; minimal-any yes;
};
controls { };
zone "example.org" { type primary; file "example.org.zone"; };
END
serve server 53 named -g -n 1 -c "$scratch/named.conf"

record lan lan0 "$out/lan-in.pcap"

ask() { within lan dig +noall +answer +tries=1 +time=2 +ignore @192.0.2.53 "$@"; }
within lan ping -q -c 2 -i 0.2 192.0.2.53
for name in @ www ftp mail ns1 ns2 shop _imaps._tcp _xmpp._tcp any.hosting status.hosting nobody a.b.nobody host.branch branch; do
  name=${name/#@/}
  for type in A AAAA MX TXT; do ask "${name:+$name.}example.org" "$type"; done
done
for type in SOA NS CAA SRV PTR ANY; do ask example.org "$type"; done
ask WwW.eXaMpLe.OrG A
ask www.example.org A +noedns
ask www.example.org A +bufsize=512 +dnssec
ask www.example.org A +edns=1
ask example.com A
ask . NS
ask version.bind TXT CH
ask example.org AXFR +tcp || true

finish_recording "$out/lan-in.pcap"
