/* Time, CPU, memory, and latencies in a histogram of bounded size. */
#define _GNU_SOURCE
#include "load.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Each power of two has so many buckets, which bounds the error to 1 part in 64. */
#define SUB_BITS 6
#define SUB_COUNT (1 << SUB_BITS)

static long buckets[64 * SUB_COUNT];
static long latency_count;
static uint64_t latency_max;

uint64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static int bucket_of(uint64_t value) {
  if (value < SUB_COUNT) return (int)value;
  int shift = 63 - __builtin_clzll(value) - SUB_BITS;
  return (shift + 1) * SUB_COUNT + (int)((value >> shift) - SUB_COUNT);
}

/* The greatest value that falls into the bucket. */
static uint64_t bucket_end(int bucket) {
  if (bucket < SUB_COUNT) return (uint64_t)bucket;
  int shift = bucket / SUB_COUNT - 1;
  return (((uint64_t)(bucket % SUB_COUNT) + SUB_COUNT + 1) << shift) - 1;
}

void latency_reset(void) {
  memset(buckets, 0, sizeof buckets);
  latency_count = 0;
  latency_max = 0;
}

void latency_add(uint64_t nanoseconds) {
  buckets[bucket_of(nanoseconds)]++;
  latency_count++;
  if (nanoseconds > latency_max) latency_max = nanoseconds;
}

double latency_ms(double quantile) {
  long rank = (long)(quantile * (double)latency_count + 0.999999), seen = 0;
  for (int i = 0; latency_count > 0 && i < 64 * SUB_COUNT; i++) {
    seen += buckets[i];
    if (seen < rank) continue;
    uint64_t value = bucket_end(i);
    return (double)(value < latency_max ? value : latency_max) / 1e6;
  }
  return (double)latency_max / 1e6;
}

static double seconds_of(clockid_t clock) {
  struct timespec time;
  return clock_gettime(clock, &time) == 0 ? (double)time.tv_sec + (double)time.tv_nsec / 1e9 : 0;
}

/* From the clocks of the processes, which are finer than the ticks in /proc. */
double cpu_seconds(void) {
  double total = 0;
  clockid_t clock;
  for (int i = 0; i < options.pid_count; i++)
    if (clock_getcpuclockid(options.pids[i], &clock) == 0) total += seconds_of(clock);
  return total;
}

double own_cpu_seconds(void) { return seconds_of(CLOCK_PROCESS_CPUTIME_ID); }

long rss_kb(void) {
  char line[256];
  long total = 0;
  for (int i = 0; i < options.pid_count; i++) {
    snprintf(line, sizeof line, "/proc/%d/status", options.pids[i]);
    FILE *file = fopen(line, "r");
    while (file && fgets(line, sizeof line, file))
      if (strncmp(line, "VmRSS:", 6) == 0) total += strtol(line + 6, NULL, 10);
    if (file) fclose(file);
  }
  return total;
}
