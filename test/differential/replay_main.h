/*
 * main of a program of several units with wl_replay.h: it does the runs of which standard input tells, each in a process of its own, which
 * begins with what the program begins with. To start a program with sanitizers anew takes ten times as long.
 *
 *   in:  { u32 unit, u32 seed, u64 start_ns, u32 length, bytes: what wl_replay reads }...
 *   out: { u32 status, u32 length, u32 length of errors, bytes: what it wrote, errors }...   as a shell has it, 128 and more: a signal
 *
 * REPLAY_UNITS is X(number, function) for each unit.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define REPLAY_STDOUT 1
#define REPLAY_STDERR 2

struct replay_head {
  uint32_t unit, seed;
  uint64_t start_ns;
};

static int replay_unit(struct replay_head head) {
  switch (head.unit) {
#define X(number, function) case number: return function(head.seed, head.start_ns);
    REPLAY_UNITS
#undef X
  }
  fprintf(stderr, "there is no unit %u\n", head.unit);
  return 64;
}

static void replay_fail(const char *what) {
  perror(what);
  exit(65);
}

static void replay_print(int file, size_t length) {
  static uint8_t bytes[65536];
  lseek(file, 0, SEEK_SET);
  while (length > 0) {
    const ssize_t count = read(file, bytes, length < sizeof bytes ? length : sizeof bytes);
    if (count <= 0) replay_fail("what a run wrote");
    fwrite(bytes, 1, (size_t)count, stdout);
    length -= (size_t)count;
  }
}

static void replay_one(struct replay_head head, void *bytes, uint32_t length) {
  const int output = memfd_create("output", 0), errors = memfd_create("errors", 0);
  if (output < 0 || errors < 0) replay_fail("memfd_create");
  fflush(stdout);
  const pid_t child = fork();
  if (child < 0) replay_fail("fork");
  if (child == 0) {
    dup2(output, REPLAY_STDOUT);
    dup2(errors, REPLAY_STDERR);
    stdin = fmemopen(bytes, length, "r");
    exit(replay_unit(head));
  }
  int status;
  if (waitpid(child, &status, 0) != child) replay_fail("waitpid");
  const uint32_t ended = WIFEXITED(status) ? (uint32_t)WEXITSTATUS(status) : 128 + (uint32_t)WTERMSIG(status);
  const uint32_t lengths[] = {ended, (uint32_t)lseek(output, 0, SEEK_END), (uint32_t)lseek(errors, 0, SEEK_END)};
  fwrite(lengths, sizeof lengths, 1, stdout);
  replay_print(output, lengths[1]);
  replay_print(errors, lengths[2]);
  close(output);
  close(errors);
}

int main(void) {
  struct replay_head head;
  uint32_t length;
  while (fread(&head, sizeof head, 1, stdin) == 1) {
    if (fread(&length, sizeof length, 1, stdin) != 1) return 66;
    /* One more: it is never of no bytes. */
    void *bytes = malloc((size_t)length + 1);
    if (bytes == NULL || fread(bytes, 1, length, stdin) != length) return 66;
    replay_one(head, bytes, length);
    free(bytes);
  }
  return 0;
}
