// A device under test whose faults are known: sends every IPv4 frame of an interface back by it, but of every PERIOD
// frames, as it is asked, one is lost, one comes twice, one comes after the next, one has a byte of its payload changed.
//
//   reflector INTERFACE PERIOD FAULTS     FAULTS: letters of l, d, s, c; - for none
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { kFrameBytes = 9216, kBufferBytes = 64 << 20, kChangedByte = 46 };

static int socket_of(const char *interface) {
  const int descriptor = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_IP));
  if (descriptor < 0) { perror("socket"); exit(1); }
  const struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = (int)if_nametoindex(interface)};
  if (address.sll_ifindex == 0 || bind(descriptor, (const struct sockaddr *)&address, sizeof address) != 0) { perror(interface); exit(1); }
  const int bytes = kBufferBytes, on = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
  setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes);
  setsockopt(descriptor, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
  return descriptor;
}

int main(int count, char **words) {
  if (count != 4) return 2;
  const int descriptor = socket_of(words[1]);
  const uint64_t period = strtoull(words[2], NULL, 10);
  const int loses = strchr(words[3], 'l') != NULL, doubles = strchr(words[3], 'd') != NULL, swaps = strchr(words[3], 's') != NULL, changes = strchr(words[3], 'c') != NULL;
  static uint8_t frame[kFrameBytes], held[kFrameBytes];
  ssize_t held_bytes = 0;
  puts("ready");
  fflush(stdout);
  for (uint64_t number = 0;; number += 1) {
    const ssize_t bytes = recv(descriptor, frame, sizeof frame, 0);
    if (bytes <= 0) return 1;
    const uint64_t place = number % period;
    if (loses && place == 0) continue;
    if (swaps && place == 2) {
      memcpy(held, frame, (size_t)bytes);
      held_bytes = bytes;
      continue;
    }
    if (changes && place == 5 && bytes > kChangedByte) frame[kChangedByte] ^= 0x55;
    send(descriptor, frame, (size_t)bytes, 0);
    if (doubles && place == 7) send(descriptor, frame, (size_t)bytes, 0);
    if (held_bytes > 0) send(descriptor, held, (size_t)held_bytes, 0);
    held_bytes = 0;
  }
}
