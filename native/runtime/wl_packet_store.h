/* Packets held by an element: queues and lists of fixed capacity. Twin of src/kit/packet-store.ts. */
#ifndef WL_PACKET_STORE_H
#define WL_PACKET_STORE_H

#include "wl_packet.h"

/* ---- a queue: a ring of slot numbers ------------------------------------------------------------------ */

struct wl_queue {
  uint32_t *slots;
  uint32_t capacity;
  uint32_t head; /* index of the oldest */
  uint32_t length;
};

WL_INLINE bool wl_queue_full(const struct wl_queue *queue) { return queue->length >= queue->capacity; }

WL_INLINE void wl_queue_enqueue(struct wl_queue *queue, const struct wl_packet *packet) {
  uint32_t tail = queue->head + queue->length;
  if (tail >= queue->capacity) tail -= queue->capacity;
  queue->slots[tail] = packet->slot;
  queue->length += 1;
}

WL_INLINE struct wl_packet *wl_queue_dequeue(struct wl_queue *queue) {
  if (queue->length == 0) return NULL;
  struct wl_packet *packet = wl_packet_at(queue->slots[queue->head]);
  queue->head = queue->head + 1 == queue->capacity ? 0 : queue->head + 1;
  queue->length -= 1;
  return packet;
}

WL_INLINE void wl_queue_enqueue_first(struct wl_queue *queue, const struct wl_packet *packet) {
  queue->head = queue->head == 0 ? queue->capacity - 1 : queue->head - 1;
  queue->slots[queue->head] = packet->slot;
  queue->length += 1;
}

WL_INLINE struct wl_packet *wl_queue_dequeue_last(struct wl_queue *queue) {
  if (queue->length == 0) return NULL;
  queue->length -= 1;
  uint32_t tail = queue->head + queue->length;
  if (tail >= queue->capacity) tail -= queue->capacity;
  return wl_packet_at(queue->slots[tail]);
}

/* For code that is to be small. */
WL_APART void wl_queue_enqueue_apart(struct wl_queue *queue, const struct wl_packet *packet) { wl_queue_enqueue(queue, packet); }
WL_APART struct wl_packet *wl_queue_dequeue_apart(struct wl_queue *queue) { return wl_queue_dequeue(queue); }
WL_APART void wl_queue_enqueue_first_apart(struct wl_queue *queue, const struct wl_packet *packet) { wl_queue_enqueue_first(queue, packet); }
WL_APART struct wl_packet *wl_queue_dequeue_last_apart(struct wl_queue *queue) { return wl_queue_dequeue_last(queue); }

/* ---- lists: packets chained through their descriptors ------------------------------------------------- */

struct wl_list {
  uint32_t first; /* slot, valid while length > 0 */
  uint32_t last;
  uint32_t length;
};

struct wl_lists {
  struct wl_list *lists;
  uint32_t capacity; /* packets in all lists together */
  uint32_t length;
};

WL_INLINE bool wl_lists_full(const struct wl_lists *lists) { return lists->length >= lists->capacity; }

WL_INLINE void wl_lists_append(struct wl_lists *lists, uint32_t index, struct wl_packet *packet) {
  struct wl_list *list = &lists->lists[index];
  if (list->length == 0) list->first = packet->slot;
  else wl_packet_at(list->last)->next = packet->slot;
  list->last = packet->slot;
  list->length += 1;
  lists->length += 1;
}

WL_INLINE struct wl_packet *wl_lists_take(struct wl_lists *lists, uint32_t index) {
  struct wl_list *list = &lists->lists[index];
  if (list->length == 0) return NULL;
  struct wl_packet *packet = wl_packet_at(list->first);
  list->first = packet->next;
  list->length -= 1;
  lists->length -= 1;
  return packet;
}

/* For code that is to be small. */
WL_APART void wl_lists_append_apart(struct wl_lists *lists, uint32_t index, struct wl_packet *packet) { wl_lists_append(lists, index, packet); }
WL_APART struct wl_packet *wl_lists_take_apart(struct wl_lists *lists, uint32_t index) { return wl_lists_take(lists, index); }

#endif
