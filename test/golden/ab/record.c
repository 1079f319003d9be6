/*
 * Preloaded into the real ab to record what its report is computed from:
 * the samples in microseconds (ab prints them in milliseconds only) and the clock readings.
 * With AB_CLOCK=seed the clock itself is replaced by a seeded one, so that a run on loopback shows
 * times of any size and a capture can be made again.
 *
 *   cc -shared -fPIC -o record.so record.c
 *   AB_RECORD=out.txt AB_SAMPLES=100 AB_CLOCK=7 LD_PRELOAD=./record.so ab -n 100 http://127.0.0.1:8080/
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

extern void *__libc_calloc(size_t, size_t);

struct sample { int64_t start, wait, connect, total; };

static struct sample *samples, *snapshot;
static size_t capacity;
static int64_t clock_us, reads[1 << 16];
static size_t read_count;
static uint64_t state;
static int scripted = -1;

/* ab allocates its samples once: calloc(requests, sizeof(struct data)), 32 bytes each. */
void *calloc(size_t count, size_t size) {
  void *p = __libc_calloc(count, size);
  const char *want = getenv("AB_SAMPLES");
  if (want && size == 32 && count == (size_t)atol(want) && !samples) { samples = p; capacity = count; }
  return p;
}

/* Steps of 0 to 40 us, and now and then one of up to AB_JUMP us. */
int64_t apr_time_now(void) {
  if (scripted < 0) {
    const char *seed = getenv("AB_CLOCK");
    scripted = seed != NULL;
    state = seed ? strtoull(seed, NULL, 10) * 2654435761u + 1 : 0;
    clock_us = 1760793687000000;
  }
  if (scripted) {
    const char *jump = getenv("AB_JUMP");
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    uint32_t draw = state >> 33;
    clock_us += draw % 41;
    if (draw % 7 == 0) clock_us += (draw >> 8) % (jump ? strtoul(jump, NULL, 10) : 5000);
  } else {
    struct timeval now;
    gettimeofday(&now, NULL);
    clock_us = now.tv_sec * 1000000LL + now.tv_usec;
  }
  if (read_count < sizeof reads / sizeof *reads) reads[read_count++] = clock_us;
  return clock_us;
}

/* The first sort loses the order of completion, so keep a copy. */
void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *)) {
  if (base == samples && !snapshot) {
    snapshot = malloc(capacity * sizeof *samples);
    memcpy(snapshot, samples, capacity * sizeof *samples);
  }
  qsort_r(base, count, size, (int (*)(const void *, const void *, void *))compare, NULL);
}

__attribute__((destructor)) static void record(void) {
  const char *file = getenv("AB_RECORD");
  FILE *out = file ? fopen(file, "w") : NULL;
  struct sample *from = snapshot ? snapshot : samples;
  if (!out) return;
  for (size_t i = 0; i < read_count; i++) fprintf(out, "clock %ld\n", (long)reads[i]);
  for (size_t i = 0; from && i < capacity && from[i].start; i++)
    fprintf(out, "sample %ld %ld %ld %ld\n", (long)from[i].start, (long)from[i].connect,
            (long)from[i].total, (long)from[i].wait);
  fclose(out);
}
