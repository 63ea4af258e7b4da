/* What the parts of the load generator share. One process, one thread, loopback only. */
#ifndef LOAD_H
#define LOAD_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers of messages that one connection keeps in mind, to tell a double from one that comes late. */
#define WINDOW_BITS 256
/* Longest marker, `@@NUMBER,NANOSECONDS;`. */
#define MARKER_MAX 48

enum publish_kind { PUBLISH_NONE, PUBLISH_REDIS, PUBLISH_STREAM, PUBLISH_HTTP, PUBLISH_NATS };

/* What the command line says. Texts with %d get the number of a channel. */
struct options {
  int connections, port, channels, stopped, bytes;
  long messages, warm_up, window;
  double rate;                                /* messages a second; 0 for a closed loop */
  double time_limit, duration, settle, quiet; /* seconds */
  const char *path;
  const char *subprotocol;           /* offered in the handshake; NULL for none */
  const char *hellos[16];
  int hello_count;
  bool is_binary; /* hello frames are binary */
  enum publish_kind publish;
  int publish_port;
  const char *channel;
  const char *publish_headers[16];
  int publish_header_count;
  uint8_t *before, *after;           /* bytes around each payload */
  size_t before_length, after_length;
  int pids[64];                      /* of the server, for its CPU and memory */
  int pid_count;
};

/* Sums over all connections since the last `connections_reset`, except where it says otherwise. */
struct counts {
  long delivered; /* different messages, each counted once per connection */
  long duplicates, reordered, stray, probes;
  long ready;       /* connections that have received a probe, ever */
  long closed;      /* connections that the server has ended, ever */
  uint64_t read_at; /* when the bytes at hand were read, in nanoseconds */
  uint64_t last_at; /* when the last message came */
};

/* What one connection has received. An index counts the messages of its channel from 0. */
struct stream {
  int channel;
  bool is_ready;
  uint8_t tail_length;
  char tail[MARKER_MAX];           /* a marker of which the end is still to come */
  long last, received;             /* the highest index seen, -1 for none; how many different ones */
  uint64_t seen[WINDOW_BITS / 64]; /* which of the last indices were seen */
};

extern struct options options;
extern struct counts counts;

/* basics.c */
/* Copies a text, with the number in the place of each %d. */
void number_template(char *text, size_t size, const char *template, int number);
void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
/* A TCP connection to 127.0.0.1. */
int dial(int port);

/* options.c */
/* Fills `options`; ends the program when they are not sound. */
void read_options(int count, char **arguments);

/* measure.c */
uint64_t now_ns(void);
/* Of the server, and of this program. */
double cpu_seconds(void);
double own_cpu_seconds(void);
long rss_kb(void);
void latency_reset(void);
void latency_add(uint64_t nanoseconds);
double latency_ms(double quantile);

/* markers.c */
void stream_scan(struct stream *s, const char *bytes, size_t length);
void stream_reset(struct stream *s);

/* connections.c */
void connections_open(void);
void connections_stop_readers(void);
void connections_close(void);
void connections_reset(void);
void connections_losses(long published, long *lost, long *late);
/* Handles what is there to read, after waiting for it for at most so many nanoseconds. */
void pump(uint64_t wait_ns);
/* Calls `publisher_ready` whenever `fd` can be read or, if wanted, written. */
void watch_publisher(int fd, bool wants_write);

/* publisher.c */
void publisher_open(void);
void publisher_ready(void);
/* Queues message `number`, which was due at `due`. Number 0 is a probe, on channel `channel`. */
void publisher_add(long number, int channel, uint64_t due);
void publisher_flush(void);

#endif
