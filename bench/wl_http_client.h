/*
 * A host for measurements of a web server: so many clients in memory, each with a connection that it keeps, ask for one page again and
 * again, the next time as soon as they have it. One thread, no devices.
 *
 *   usage: PROGRAM REQUESTS CONNECTIONS PATH    prints: requests nanoseconds bytes
 *
 * Time is that of the core (CLOCK_THREAD_CPUTIME_ID), the clients' own share in it: each of their segments is copied into a fresh buffer and
 * has its checksum, and they look at the headers of what comes. Timers run as in an appliance.
 */
#ifndef WL_HTTP_CLIENT_H
#define WL_HTTP_CLIENT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WL_CLIENTS_MAX 4096
#define WL_CLIENT_PORT 20000
#define WL_HEADERS 54
#define WL_SYN_HEADERS 58
/* Time that passes from batch to batch: 32 requests at a million a second. */
#define WL_CLIENT_BATCH_NS 32000

enum wl_client_flag { WL_FIN = 1, WL_SYN = 2, WL_RST = 4, WL_ACK = 16 };

struct wl_client {
  uint32_t sequence; /* of its next byte */
  uint32_t next;     /* of the server's */
  uint32_t got;      /* bytes of the response at hand */
  bool open;
};

static const uint8_t wl_server_mac[6] = {0x02, 0, 0, 0, 0xfe, 0x01}, wl_client_mac[6] = {0x02, 0, 0, 0, 0, 0x64};
static const uint8_t wl_addresses[8] = {192, 0, 2, 100, 192, 0, 2, 80};

static struct wl_client wl_clients[WL_CLIENTS_MAX];
static uint32_t wl_clients_count, wl_response_bytes, wl_due_count;
static uint16_t wl_due[2 * WL_CLIENTS_MAX]; /* who has a segment to send; the first one wins */
static bool wl_is_due[WL_CLIENTS_MAX];
static bool wl_arp_due;
static char wl_client_request[512];
static uint32_t wl_client_request_bytes;
static uint64_t wl_responses, wl_bytes;

static uint16_t wl_client_checksum(const uint8_t *at, uint32_t length, uint64_t sum) {
  uint32_t word;
  for (; length >= 4; at += 4, length -= 4) {
    __builtin_memcpy(&word, at, 4);
    sum += word;
  }
  if (length > 0) {
    word = 0;
    __builtin_memcpy(&word, at, length);
    sum += word;
  }
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)~sum;
}

static void wl_client_wants(uint32_t number) {
  if (wl_is_due[number]) return;
  wl_is_due[number] = true;
  wl_due[wl_due_count++] = (uint16_t)number;
}

/* The bytes of a response: those of its head and what Content-Length says. */
static uint32_t wl_measure_response(const uint8_t *text, uint32_t length) {
  static char head[2048];
  const uint32_t bytes = length < sizeof head - 1 ? length : (uint32_t)sizeof head - 1;
  __builtin_memcpy(head, text, bytes);
  head[bytes] = 0;
  const char *end = strstr(head, "\r\n\r\n"), *said = strstr(head, "Content-Length: ");
  if (strncmp(head, "HTTP/1.1 200 ", 13) != 0 || end == NULL || said == NULL) {
    fprintf(stderr, "no page: %.100s\n", head);
    exit(3);
  }
  return (uint32_t)(end + 4 - head) + (uint32_t)strtoul(said + 16, NULL, 10);
}

static void wl_client_segment(const uint8_t *data, const uint8_t *end) {
  const uint32_t number = wl_load16(data + 36) - WL_CLIENT_PORT;
  if (number >= wl_clients_count) return;
  struct wl_client *client = &wl_clients[number];
  const uint8_t *text = data + 34 + (data[46] >> 4) * 4;
  const uint32_t length = (uint32_t)(data + 14 + wl_load16(data + 16) - text);
  (void)end;
  if (data[47] & (WL_RST | WL_FIN)) {
    fprintf(stderr, "a connection was closed\n");
    exit(3);
  }
  if (data[47] & WL_SYN) {
    client->next = wl_load32(data + 38) + 1;
    client->open = true;
    wl_client_wants(number);
    return;
  }
  if (length == 0 || wl_load32(data + 38) != client->next) return;
  if (wl_response_bytes == 0) wl_response_bytes = wl_measure_response(text, length);
  client->next += length;
  client->got += length;
  wl_bytes += length;
  if (client->got < wl_response_bytes) return;
  client->got = 0;
  wl_responses += 1;
  wl_client_wants(number);
}

static void wl_transmit(uint32_t interface, struct wl_packet *packet, uint8_t *data, uint8_t *end) {
  (void)interface;
  if (wl_load16(data + 12) == 0x0806) wl_arp_due = true;
  else wl_client_segment(data, end);
  wl_release(packet);
}

static uint32_t wl_transmit_room(uint32_t interface) {
  (void)interface;
  return WL_BATCH_PACKETS_MAX;
}

static uint64_t wl_client_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* What all segments have, and the pseudo-header's part of their checksums. */
static uint8_t wl_segment_of_all[WL_SYN_HEADERS];

static void wl_client_prepare(void) {
  uint8_t *at = wl_segment_of_all;
  __builtin_memcpy(at, wl_server_mac, 6);
  __builtin_memcpy(at + 6, wl_client_mac, 6);
  wl_store16(at + 12, 0x0800);
  at[14] = 0x45;
  wl_store16(at + 20, 0x4000);
  at[22] = 64;
  at[23] = 6;
  __builtin_memcpy(at + 26, wl_addresses, 8);
  wl_store16(at + 36, 80);
  wl_store16(at + 48, 65535);
  wl_store32(at + 54, 0x020405b4);
}

static struct wl_frame wl_client_frame(uint32_t number) {
  struct wl_client *client = &wl_clients[number];
  struct wl_packet *packet = wl_take_small();
  uint8_t *at = wl_slot_data(packet);
  const uint32_t headers = client->open ? WL_HEADERS : WL_SYN_HEADERS, text = client->open ? wl_client_request_bytes : 0;
  __builtin_memcpy(at, wl_segment_of_all, WL_SYN_HEADERS);
  if (client->open) __builtin_memcpy(at + headers, wl_client_request, text);
  wl_store16(at + 16, headers - 14 + text);
  const uint16_t sum = wl_client_checksum(at + 14, 20, 0);
  __builtin_memcpy(at + 24, &sum, 2);
  wl_store16(at + 34, WL_CLIENT_PORT + number);
  wl_store32(at + 38, client->sequence);
  wl_store32(at + 42, client->open ? client->next : 0);
  at[46] = (uint8_t)((headers - 34) / 4 << 4);
  at[47] = client->open ? WL_ACK : WL_SYN;
  uint8_t pseudo[12];
  __builtin_memcpy(pseudo, wl_addresses, 8);
  wl_store16(pseudo + 8, 6);
  wl_store16(pseudo + 10, headers - 34 + text);
  const uint64_t start = (uint16_t)~wl_client_checksum(pseudo, 12, 0);
  const uint16_t whole = wl_client_checksum(at + 34, headers - 34 + text, start);
  __builtin_memcpy(at + 50, &whole, 2);
  client->sequence += client->open ? text : 1;
  return (struct wl_frame){packet, at, at + headers + text};
}

static void wl_client_arp(void) {
  struct wl_packet *packet = wl_take_small();
  uint8_t *at = wl_slot_data(packet);
  __builtin_memcpy(at, wl_server_mac, 6);
  __builtin_memcpy(at + 6, wl_client_mac, 6);
  wl_store16(at + 12, 0x0806);
  wl_store32(at + 14, 0x00010800);
  wl_store32(at + 18, 0x06040002);
  __builtin_memcpy(at + 22, wl_client_mac, 6);
  __builtin_memcpy(at + 28, wl_addresses, 4);
  __builtin_memcpy(at + 32, wl_server_mac, 6);
  __builtin_memcpy(at + 38, wl_addresses + 4, 4);
  struct wl_frame frame = {packet, at, at + 42};
  wl_arp_due = false;
  wl_graph_receive(0, &frame, 1);
}

/* Sends what is due, in batches, until there are so many responses. */
static void wl_client_run(uint64_t responses) {
  while (wl_responses < responses) {
    struct wl_frame frames[WL_BATCH_PACKETS_MAX];
    uint32_t count = wl_due_count < WL_BATCH_PACKETS_MAX ? wl_due_count : WL_BATCH_PACKETS_MAX;
    if (count == 0 && !wl_arp_due) {
      fprintf(stderr, "nobody has anything to send after %llu responses\n", (unsigned long long)wl_responses);
      exit(3);
    }
    for (uint32_t index = 0; index < count; index += 1) {
      const uint32_t number = wl_due[index];
      wl_is_due[number] = false;
      frames[index] = wl_client_frame(number);
    }
    __builtin_memmove(wl_due, wl_due + count, (wl_due_count - count) * sizeof *wl_due);
    wl_due_count -= count;
    if (count > 0) wl_graph_receive(0, frames, count);
    if (wl_arp_due) wl_client_arp();
    wl_set_now(wl_now_ns + WL_CLIENT_BATCH_NS);
    wl_graph_fire_timers();
  }
}

int main(int words, char **word) {
  if (words < 4) return 2;
  const uint64_t requests = strtoull(word[1], NULL, 10);
  wl_clients_count = (uint32_t)strtoul(word[2], NULL, 10);
  if (wl_clients_count == 0 || wl_clients_count > WL_CLIENTS_MAX) return 2;
  wl_client_request_bytes = (uint32_t)snprintf(wl_client_request, sizeof wl_client_request, "GET %s HTTP/1.1\r\nHost: 192.0.2.80\r\n\r\n", word[3]);
  wl_set_now(1000000000000000000u);
  wl_seed = 1;
  wl_pool_initialize();
  wl_graph_initialize();
  wl_client_prepare();
  /* One after the other: that many at once would be answered with cookies, without window scale. */
  for (uint32_t number = 0; number < wl_clients_count; number += 1) {
    wl_client_wants(number);
    wl_client_run(wl_responses + 1);
  }
  wl_client_run(wl_responses + requests / 8);
  const uint64_t done = wl_responses, bytes = wl_bytes, begin = wl_client_ns();
  wl_client_run(done + requests);
  const uint64_t ns = wl_client_ns() - begin;
  printf("%llu %llu %llu\n", (unsigned long long)(wl_responses - done), (unsigned long long)ns, (unsigned long long)(wl_bytes - bytes));
  return 0;
}

#endif
