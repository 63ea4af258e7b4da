/*
 * A WebSocket load generator: opens connections, publishes numbered messages, counts what arrives, and prints one
 * JSON object. What its options and results mean is said in ../README.md.
 */
#define _GNU_SOURCE
#include "load.h"
#include <stdio.h>
#include <sys/resource.h>

#define READY_LIMIT_NS 30000000000u
#define PROBE_EVERY_NS 1000000000u
/* Probes of channels that are sent before what has come is read. */
#define PROBE_BATCH 256
#define SECOND_NS 1e9
/* Longest wait for something to read: more may be due by then. */
#define WAIT_NS 5000000u

struct result {
  double connect_seconds, connect_cpu_seconds, seconds, cpu_seconds, generator_busy;
  long rss_start_kb, rss_idle_kb, rss_end_kb, published;
};

static void raise_file_limit(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < (rlim_t)options.connections + 16)
    fail("%d connections need more open files than %lu", options.connections, (unsigned long)limit.rlim_max);
}

static void pump_for(double seconds) {
  uint64_t end = now_ns() + (uint64_t)(seconds * SECOND_NS);
  while (now_ns() < end) pump(WAIT_NS);
}

/* Probes are published until each connection has one: only then is it sure that all are subscribed. */
static void wait_until_ready(void) {
  uint64_t end = now_ns() + READY_LIMIT_NS;
  while (counts.ready < options.connections) {
    if (now_ns() > end) fail("only %ld of %d connections received a probe", counts.ready, options.connections);
    for (int channel = 0; channel < options.channels; channel++) {
      publisher_add(0, channel, 0);
      publisher_flush();
      if (channel % PROBE_BATCH == PROBE_BATCH - 1) pump(0);
    }
    uint64_t again = now_ns() + PROBE_EVERY_NS;
    while (counts.ready < options.connections && now_ns() < again) pump(WAIT_NS);
  }
  /* Until no probe is on its way any more. */
  for (long before = -1; before != counts.probes;) {
    before = counts.probes;
    pump_for(0.2);
  }
}

/* Messages that nobody counts, in the closed loop, so that what compiles as it runs has done so. */
static void warm_up(void) {
  long readers = options.connections / options.channels, published = 0;
  uint64_t end = now_ns() + (uint64_t)(options.time_limit * SECOND_NS);
  counts.probes = 0;
  while (counts.probes < options.warm_up * readers && now_ns() < end) {
    for (; published < options.warm_up && counts.probes >= (published - options.window) * readers; published++)
      publisher_add(0, (int)(published % options.channels), 0);
    publisher_flush();
    pump(WAIT_NS);
  }
}

/* How many messages should have been published by now. */
static long due_count(uint64_t start, uint64_t now, long readers) {
  long due = options.rate > 0 ? (long)((double)(now - start) / SECOND_NS * options.rate) + 1
                              : counts.delivered / readers + options.window;
  return due < options.messages ? due : options.messages;
}

/* In the open loop a message counts from when it was due, so that a load generator that lags does not hide it. */
static uint64_t due_time(uint64_t start, long number) {
  if (options.rate <= 0) return now_ns();
  return start + (uint64_t)((double)(number - 1) / options.rate * SECOND_NS);
}

/* In the open loop until the next message is due: whole milliseconds would make batches of them. */
static uint64_t wait_for(uint64_t start, long next) {
  uint64_t due = due_time(start, next), now = now_ns();
  if (options.rate <= 0 || due > now + WAIT_NS) return WAIT_NS;
  return due > now ? due - now : 0;
}

/* Publishes for so long or so many, and waits for the rest. Returns how many messages were published. */
static long run(uint64_t start) {
  long readers = (options.connections - options.stopped) / options.channels, published = 0;
  long goal = options.messages;
  uint64_t end = start + (uint64_t)(options.time_limit * SECOND_NS), published_at = start;
  uint64_t duration = (uint64_t)(options.duration * SECOND_NS), quiet = (uint64_t)(options.quiet * SECOND_NS);
  for (uint64_t now = start; now < end && counts.delivered < goal * readers; now = now_ns()) {
    if (duration > 0 && now >= start + duration && goal > published) {
      goal = published;
      continue;
    }
    for (long due = due_count(start, now, readers); published < due && published < goal; published_at = now) {
      published++;
      publisher_add(published, (int)((published - 1) % options.channels), due_time(start, published));
    }
    publisher_flush();
    uint64_t heard_at = counts.last_at > published_at ? counts.last_at : published_at;
    bool is_done = published == goal || options.rate <= 0;
    if (is_done && now > heard_at + quiet) break; /* what has not come by now is lost */
    pump(published < goal ? wait_for(start, published + 1) : WAIT_NS);
  }
  return published;
}

static void print_result(const struct result *r) {
  long lost, late, readers = (options.connections - options.stopped) / options.channels;
  connections_losses(r->published, &lost, &late);
  double deliveries = counts.delivered > 0 ? (double)counts.delivered : 1;
  printf("{\"generator\":\"c\",\"connections\":%d,\"connectSeconds\":%.4f,\"connectsPerSecond\":%.0f,"
         "\"connectCpuMicros\":%.1f,\"rssStartKb\":%ld,\"rssIdleKb\":%ld,\"rssEndKb\":%ld,"
         "\"idleKbPerConnection\":%.3f,",
         options.connections, r->connect_seconds, options.connections / r->connect_seconds,
         r->connect_cpu_seconds * 1e6 / options.connections, r->rss_start_kb, r->rss_idle_kb, r->rss_end_kb,
         (double)(r->rss_idle_kb - r->rss_start_kb) / options.connections);
  printf("\"published\":%ld,\"expected\":%ld,\"delivered\":%ld,\"lost\":%ld,\"late\":%ld,\"duplicates\":%ld,"
         "\"reordered\":%ld,\"stray\":%ld,\"closed\":%ld,",
         r->published, r->published * readers, counts.delivered, lost, late, counts.duplicates, counts.reordered,
         counts.stray, counts.closed);
  printf("\"seconds\":%.4f,\"deliveriesPerSecond\":%.0f,\"cpuSeconds\":%.6f,\"cpuMicrosPer1000\":%.1f,"
         "\"p50Ms\":%.3f,\"p99Ms\":%.3f,\"maxMs\":%.3f,\"generatorBusy\":%.3f}\n",
         r->seconds, r->seconds > 0 ? (double)counts.delivered / r->seconds : 0, r->cpu_seconds,
         r->cpu_seconds * 1e9 / deliveries, latency_ms(0.5), latency_ms(0.99), latency_ms(1), r->generator_busy);
}

static void connect_all(struct result *r) {
  r->rss_start_kb = rss_kb();
  double cpu = cpu_seconds();
  uint64_t start = now_ns();
  connections_open();
  r->connect_seconds = (double)(now_ns() - start) / SECOND_NS;
  r->connect_cpu_seconds = cpu_seconds() - cpu;
  pump_for(options.settle);
  r->rss_idle_kb = rss_kb();
}

static void publish_all(struct result *r) {
  publisher_open();
  wait_until_ready();
  warm_up();
  connections_stop_readers();
  connections_reset();
  latency_reset();
  double cpu = cpu_seconds(), own_cpu = own_cpu_seconds();
  uint64_t start = now_ns();
  r->published = run(start);
  r->cpu_seconds = cpu_seconds() - cpu;
  r->generator_busy = (own_cpu_seconds() - own_cpu) * SECOND_NS / (double)(now_ns() - start + 1);
  r->seconds = counts.last_at > start ? (double)(counts.last_at - start) / SECOND_NS : 0;
}

int main(int count, char **arguments) {
  struct result result = {0};
  read_options(count, arguments);
  raise_file_limit();
  connect_all(&result);
  if (options.publish != PUBLISH_NONE) publish_all(&result);
  result.rss_end_kb = rss_kb();
  print_result(&result);
  connections_close();
  return 0;
}
