/*
 * Jobs done with DPDK's libraries, in the same loop over the same packets as the others (bench/wl_bench.h): buffers are
 * ours, the table is theirs. Nothing of the machine is taken: no huge pages, no devices, no other cores.
 */
#ifndef WL_PEER_H
#define WL_PEER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_errno.h>

#define wl_graph_initialize wl_reference_initialize
#include "wl_reference.h"
#undef wl_graph_initialize
#include "wl_reference_ip.h"

static void peer_fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, rte_strerror(rte_errno));
  exit(3);
}

static void peer_begin(void) {
  /* Any core will do. */
  char cores[32];
  snprintf(cores, sizeof cores, "0@(0-%ld)", sysconf(_SC_NPROCESSORS_ONLN) - 1);
  char *words[] = {"peer", "--no-huge", "--no-pci", "--no-shconf", "--no-telemetry", "--log-level=critical", "-m", "2048", "--lcores", cores, NULL};
  if (rte_eal_init(sizeof words / sizeof *words - 1, words) < 0) peer_fail("rte_eal_init");
}

#endif
