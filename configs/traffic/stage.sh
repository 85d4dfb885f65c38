# A stage for real programs: network namespaces, cables between them, recorders on the cables. Sourced by
# the capture-*.sh beside it, which run as root. Everything is given back when the script ends, however
# it ends: programs are stopped by their ids, namespaces and files removed.
#
# Packages (Debian): iproute2 ethtool tcpdump iputils-ping curl nginx-light bind9 bind9-dnsutils iperf3
# openssh-server openssh-client netcat-openbsd openssl nftables.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
stage="wl$$"
scratch=$(mktemp -d)
programs=()
namespaces=()

leave_stage() {
  local status=$? id name
  trap - EXIT INT TERM
  for id in "${programs[@]}"; do kill "$id" 2>/dev/null || true; done
  for id in "${programs[@]}"; do wait "$id" 2>/dev/null || true; done
  for name in "${namespaces[@]}"; do
    for id in $(ip netns pids "$name"); do kill -9 "$id" 2>/dev/null || true; done
    ip netns delete "$name" || true
  done
  rm -rf "$scratch"
  exit "$status"
}
trap leave_stage EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

require() {
  local program missing=()
  for program in "$@"; do command -v "$program" > /dev/null || missing+=("$program"); done
  if [ "${#missing[@]}" -gt 0 ]; then
    echo "missing: ${missing[*]}; the packages are named in configs/traffic/stage.sh" >&2
    exit 3
  fi
  [ "$(id -u)" = 0 ] || { echo "run as root: namespaces are made" >&2; exit 3; }
}

# place NAME: a namespace. IPv6 is off, so that only what a script asks for is on the wires.
place() {
  ip netns add "$stage-$1"
  namespaces+=("$stage-$1")
  within "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
  within "$1" ip link set lo up
}

# within PLACE PROGRAM...: runs it there, at most 60 s, under the host name host.example.
within() {
  local name=$1
  shift
  timeout 60 ip netns exec "$stage-$name" unshare --uts sh -c 'hostname host.example; exec "$@"' within "$@"
}

# serve PLACE PORT PROGRAM...: starts it there and waits until it listens.
serve() {
  local name=$1 port=$2
  shift 2
  ip netns exec "$stage-$name" unshare --uts sh -c 'hostname host.example; exec "$@"' serve "$@" \
    > "$scratch/serve-$name-$port.log" 2>&1 &
  programs+=($!)
  for _ in $(seq 100); do
    if ip netns exec "$stage-$name" ss -Hltun | awk '{ print $5 }' | grep -q ":$port$"; then return; fi
    sleep 0.1
  done
  echo "$1 does not listen on port $port:" >&2
  cat "$scratch/serve-$name-$port.log" >&2
  exit 1
}

# cable PLACE-A INTERFACE-A MAC-A PLACE-B INTERFACE-B MAC-B: a wire without offloads, so that checksums are
# computed and no frame is longer than a wire's.
cable() {
  ip link add "$2" netns "$stage-$1" address "$3" type veth peer name "$5" netns "$stage-$4" address "$6"
  local place interface
  for place in "$1 $2" "$4 $5"; do
    interface=${place#* }
    within "${place% *}" ethtool -K "$interface" tx off rx off sg off tso off gso off gro off > "$scratch/ethtool.log" 2>&1 \
      || { cat "$scratch/ethtool.log" >&2; exit 1; }
    within "${place% *}" ip link set "$interface" up
  done
}

# record PLACE INTERFACE FILE [DIRECTION]: from now on writes what that place sends to FILE, with
# nanoseconds; with the direction `in`, what is sent to it.
record() {
  local log="$scratch/record-$1-$2-${4:-out}.log"
  ip netns exec "$stage-$1" tcpdump -i "$2" -Q "${4:-out}" -w "$3" -U -s 0 -B 4096 --time-stamp-precision=nano \
    --immediate-mode -Z root > "$log" 2>&1 &
  programs+=($!)
  for _ in $(seq 100); do
    if grep -q 'listening on' "$log"; then return; fi
    sleep 0.1
  done
  cat "$log" >&2
  exit 1
}

# finish_recording: lets the wires fall silent, ends all programs, says what was recorded.
finish_recording() {
  sleep 0.5
  local id file
  for id in "${programs[@]}"; do kill "$id" 2>/dev/null || true; done
  for id in "${programs[@]}"; do wait "$id" 2>/dev/null || true; done
  programs=()
  for file in "$@"; do
    chmod 644 "$file"
    echo "$file: $(tcpdump -r "$file" --count 2>/dev/null), $(stat -c %s "$file") bytes"
  done
}

# may_fail PROGRAM...: for programs that meet a closed or blocked port.
may_fail() {
  "$@" || true
}
