/* The one connection that publishes: requests are queued, sent in as few writes as possible, never waited for. */
#define _GNU_SOURCE
#include "load.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int socket_fd = -1;
static uint8_t *queue;
static size_t queue_start, queue_end, queue_size;
static uint8_t *body;
static size_t body_length;
static bool is_watching_write;

static void append(const void *bytes, size_t length) {
  if (queue_end + length > queue_size) {
    memmove(queue, queue + queue_start, queue_end - queue_start);
    queue_end -= queue_start;
    queue_start = 0;
    while (queue_end + length > queue_size) queue_size *= 2;
    queue = realloc(queue, queue_size);
    if (!queue) fail("out of memory");
  }
  memcpy(queue + queue_end, bytes, length);
  queue_end += length;
}

static void append_text(const char *text) { append(text, strlen(text)); }

void publisher_open(void) {
  queue_size = 1 << 20;
  queue = malloc(queue_size);
  body_length = options.before_length + (size_t)options.bytes + options.after_length;
  body = malloc(body_length);
  memset(body, 'x', body_length);
  if (options.before_length > 0) memcpy(body, options.before, options.before_length);
  if (options.after_length > 0)
    memcpy(body + body_length - options.after_length, options.after, options.after_length);
  socket_fd = dial(options.publish_port);
  watch_publisher(socket_fd, false);
  if (options.publish == PUBLISH_NATS) append_text("CONNECT {\"verbose\":false,\"pedantic\":false}\r\n");
}

static void append_http_head(const char *path) {
  char line[64];
  append_text("POST ");
  append_text(path);
  append_text(" HTTP/1.1\r\nHost: 127.0.0.1\r\n");
  for (int i = 0; i < options.publish_header_count; i++) {
    append_text(options.publish_headers[i]);
    append_text("\r\n");
  }
  snprintf(line, sizeof line, "Content-Length: %zu\r\n\r\n", body_length);
  append_text(line);
}

static void append_head(const char *channel) {
  char head[2304];
  if (options.publish == PUBLISH_HTTP) return append_http_head(channel);
  if (options.publish == PUBLISH_NATS)
    snprintf(head, sizeof head, "PUB %s %zu\r\n", channel, body_length);
  else if (options.publish == PUBLISH_STREAM)
    snprintf(head, sizeof head, "*5\r\n$4\r\nXADD\r\n$%zu\r\n%s\r\n$1\r\n*\r\n$7\r\nmessage\r\n$%zu\r\n",
             strlen(channel), channel, body_length);
  else
    snprintf(head, sizeof head, "*3\r\n$7\r\nPUBLISH\r\n$%zu\r\n%s\r\n$%zu\r\n", strlen(channel), channel,
             body_length);
  append_text(head);
}

void publisher_add(long number, int channel, uint64_t due) {
  char marker[MARKER_MAX], name[2048];
  int length = snprintf(marker, sizeof marker, "@@%ld,%llu;", number, (unsigned long long)due);
  if (length > options.bytes) fail("a marker of %d bytes does not fit into the payload", length);
  uint8_t *payload = body + options.before_length;
  memset(payload, 'x', (size_t)options.bytes);
  memcpy(payload, marker, (size_t)length);
  number_template(name, sizeof name, options.channel, channel);
  append_head(name);
  append(body, body_length);
  if (options.publish != PUBLISH_HTTP) append_text("\r\n");
}

void publisher_flush(void) {
  while (queue_start < queue_end) {
    ssize_t sent = send(socket_fd, queue + queue_start, queue_end - queue_start, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) break;
    if (sent < 0) fail("publishing: %s", strerror(errno));
    queue_start += (size_t)sent;
  }
  if (queue_start == queue_end) queue_start = queue_end = 0;
  if (is_watching_write != (queue_end > 0)) {
    is_watching_write = queue_end > 0;
    watch_publisher(socket_fd, is_watching_write);
  }
}

static bool is_refusal(const char *answer) {
  if (options.publish == PUBLISH_HTTP) return strstr(answer, "HTTP/1.1 4") || strstr(answer, "HTTP/1.1 5");
  return answer[0] == '-' || strstr(answer, "\r\n-");
}

/* Answers are read so that the server can go on, and looked at only so far as to notice a refusal. */
void publisher_ready(void) {
  static char answer[65537];
  for (;;) {
    ssize_t length = recv(socket_fd, answer, sizeof answer - 1, MSG_DONTWAIT);
    if (length == 0) fail("the server closed the connection that publishes");
    if (length < 0) break;
    answer[length] = 0;
    if (is_refusal(answer)) fail("a publication was refused: %.200s", answer);
    if (options.publish == PUBLISH_NATS && strstr(answer, "PING\r\n")) append_text("PONG\r\n");
  }
  publisher_flush();
}
