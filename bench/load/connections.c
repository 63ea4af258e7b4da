/* The WebSocket connections: handshakes and frames. */
#define _GNU_SOURCE
#include "load.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES (256 * 1024)
#define SMALL_BYTES 125
#define SHORT_TEXT 8
#define PUBLISHER UINT64_MAX
#define OPEN_LIMIT_NS 60000000000u
/* Handshakes that are under way at a time: fewer than any server lets wait. */
#define MAX_OPENING 200
#define OPEN_WAIT_NS 50000000u

enum state { OPENING, OPEN, CLOSED };
enum opcode { TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

struct connection {
  int fd;
  enum state state;
  uint8_t ends_matched; /* bytes of the empty line that ends the handshake */
  uint8_t header[10], header_length, opcode, small_length;
  uint64_t frame_length, remaining;
  char small[SMALL_BYTES + 1]; /* a control frame, a short text, or the start of the handshake's answer */
  struct stream stream;
};

static struct connection *connections;
static int epoll_fd = -1, opened;

static void send_all(struct connection *c, const void *bytes, size_t length) {
  const char *rest = bytes;
  while (length > 0) {
    ssize_t sent = send(c->fd, rest, length, MSG_NOSIGNAL);
    if (sent < 0 && errno != EINTR) return; /* a server that has hung up shows itself when it is read */
    if (sent < 0) continue;
    rest += sent;
    length -= (size_t)sent;
  }
}

/* One masked frame; the key is 0, which leaves the payload as it is. */
static void send_frame(struct connection *c, enum opcode opcode, const char *payload, size_t length) {
  char frame[4096 + 8];
  if (length > 4096) fail("a frame of %zu bytes is too long to send", length);
  size_t header = length < 126 ? 2 : 4;
  frame[0] = (char)(0x80 | opcode);
  frame[1] = (char)(0x80 | (length < 126 ? length : 126));
  if (header == 4) {
    frame[2] = (char)(length >> 8);
    frame[3] = (char)length;
  }
  memset(frame + header, 0, 4);
  memcpy(frame + header + 4, payload, length);
  send_all(c, frame, header + 4 + length);
}

static void end_connection(struct connection *c) {
  counts.closed++;
  c->state = CLOSED;
  close(c->fd);
}

/* Application pings, of Socket.IO, Centrifugo and NATS. */
static void answer_text(struct connection *c) {
  static const char *const answers[][2] = {{"2", "3"}, {"{}", "{}"}, {"PING\r\n", "PONG\r\n"}};
  for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
    if (strcmp(c->small, answers[i][0]) != 0) continue;
    send_frame(c, c->opcode, answers[i][1], strlen(answers[i][1]));
  }
}

static void end_frame(struct connection *c) {
  c->small[c->small_length] = 0;
  if (c->opcode == PING) send_frame(c, PONG, c->small, c->small_length);
  else if (c->opcode == CLOSE) end_connection(c);
  else if (c->opcode <= BINARY && c->frame_length <= SHORT_TEXT) answer_text(c);
  c->header_length = 0;
}

/* Whether the header is complete; takes one byte of it. */
static bool take_header(struct connection *c, uint8_t byte) {
  c->header[c->header_length++] = byte;
  if (c->header_length < 2) return false;
  if (c->header[1] & 0x80) fail("a masked frame from the server");
  int code = c->header[1], width = code < 126 ? 0 : code == 126 ? 2 : 8;
  if (c->header_length < 2 + width) return false;
  c->frame_length = width == 0 ? (uint64_t)code : 0;
  for (int i = 0; i < width; i++) c->frame_length = c->frame_length << 8 | c->header[2 + i];
  c->remaining = c->frame_length;
  c->opcode = c->header[0] & 15;
  c->small_length = 0;
  return true;
}

static void read_frames(struct connection *c, const char *bytes, size_t length) {
  while (c->state == OPEN && length > 0) {
    bool has_header = c->header_length >= 2 && c->remaining > 0;
    if (!has_header) {
      bool is_complete = take_header(c, (uint8_t)*bytes);
      bytes++;
      length--;
      if (is_complete && c->remaining == 0) end_frame(c);
      continue;
    }
    size_t piece = c->remaining < length ? (size_t)c->remaining : length;
    bool is_small = c->opcode >= CLOSE || c->frame_length <= SHORT_TEXT;
    if (is_small && c->small_length + piece <= SMALL_BYTES) {
      memcpy(c->small + c->small_length, bytes, piece);
      c->small_length += (uint8_t)piece;
    }
    if (c->opcode <= BINARY) stream_scan(&c->stream, bytes, piece);
    bytes += piece;
    length -= piece;
    c->remaining -= piece;
    if (c->remaining == 0) end_frame(c);
  }
}

static void send_hellos(struct connection *c) {
  for (int i = 0; i < options.hello_count; i++) {
    char text[4096];
    number_template(text, sizeof text, options.hellos[i], c->stream.channel);
    send_frame(c, options.is_binary ? BINARY : TEXT, text, strlen(text));
  }
}

/* Returns how many bytes belong to the handshake's answer. */
static size_t read_answer(struct connection *c, const char *bytes, size_t length) {
  static const char end[] = "\r\n\r\n";
  for (size_t i = 0; i < length; i++) {
    if (c->small_length < SMALL_BYTES) c->small[c->small_length++] = bytes[i];
    bool fits = bytes[i] == end[c->ends_matched];
    c->ends_matched = fits ? c->ends_matched + 1 : bytes[i] == end[0];
    if (c->ends_matched < 4) continue;
    c->small[c->small_length] = 0;
    if (strncmp(c->small, "HTTP/1.1 101", 12) != 0) fail("the handshake was refused: %s", c->small);
    c->state = OPEN;
    opened++;
    send_hellos(c);
    return i + 1;
  }
  return length;
}

static void read_connection(struct connection *c) {
  static char bytes[READ_BYTES];
  ssize_t length = recv(c->fd, bytes, sizeof bytes, MSG_DONTWAIT);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (length <= 0) {
    if (c->state == OPENING) fail("the server hung up during the handshake");
    return end_connection(c);
  }
  counts.read_at = now_ns();
  size_t used = c->state == OPENING ? read_answer(c, bytes, (size_t)length) : 0;
  read_frames(c, bytes + used, (size_t)length - used);
}

/* Waits with ppoll, since epoll_wait counts in whole milliseconds. */
void pump(uint64_t wait_ns) {
  struct epoll_event events[512];
  int count = epoll_wait(epoll_fd, events, 512, 0);
  if (count == 0 && wait_ns > 0) {
    struct pollfd readable = {.fd = epoll_fd, .events = POLLIN};
    struct timespec wait = {.tv_sec = (time_t)(wait_ns / 1000000000u), .tv_nsec = (long)(wait_ns % 1000000000u)};
    ppoll(&readable, 1, &wait, NULL);
    count = epoll_wait(epoll_fd, events, 512, 0);
  }
  for (int i = 0; i < count; i++) {
    if (events[i].data.u64 == PUBLISHER) publisher_ready();
    else read_connection(&connections[events[i].data.u64]);
  }
}

void watch_publisher(int fd, bool wants_write) {
  struct epoll_event event = {.events = EPOLLIN | (wants_write ? EPOLLOUT : 0), .data.u64 = PUBLISHER};
  if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &event) != 0) epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static void open_connection(int i) {
  struct connection *c = &connections[i];
  char path[2048], request[4096];
  c->fd = dial(options.port);
  c->stream.channel = i % options.channels;
  stream_reset(&c->stream);
  number_template(path, sizeof path, options.path, c->stream.channel);
  size_t length = (size_t)snprintf(request, sizeof request,
                                   "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: Upgrade\r\n"
                                   "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
                                   path, options.port);
  if (options.subprotocol)
    length += (size_t)snprintf(request + length, sizeof request - length, "Sec-WebSocket-Protocol: %s\r\n",
                               options.subprotocol);
  if (length + 3 > sizeof request) fail("the handshake is too long");
  memcpy(request + length, "\r\n", 2);
  send_all(c, request, length + 2);
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)i};
  epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &event);
}

void connections_open(void) {
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  connections = calloc((size_t)options.connections, sizeof *connections);
  if (!connections) fail("out of memory");
  uint64_t end = now_ns() + OPEN_LIMIT_NS;
  for (int i = 0; i < options.connections; i++) {
    open_connection(i);
    while (i + 1 - opened >= MAX_OPENING && now_ns() < end) pump(OPEN_WAIT_NS);
  }
  while (opened < options.connections && now_ns() < end) pump(OPEN_WAIT_NS);
  if (opened < options.connections) fail("only %d of %d connections were opened", opened, options.connections);
}

/* The last ones read no more from now on. */
void connections_stop_readers(void) {
  for (int i = options.connections - options.stopped; i < options.connections; i++)
    if (connections[i].state == OPEN) epoll_ctl(epoll_fd, EPOLL_CTL_DEL, connections[i].fd, NULL);
}

/* With a reset, so that no address waits for late packets. */
void connections_close(void) {
  struct linger hard = {.l_onoff = 1, .l_linger = 0};
  for (int i = 0; i < options.connections; i++) {
    if (connections[i].state == CLOSED) continue;
    setsockopt(connections[i].fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(connections[i].fd);
  }
}

void connections_reset(void) {
  counts = (struct counts){.ready = counts.ready, .closed = counts.closed};
  for (int i = 0; i < options.connections; i++) stream_reset(&connections[i].stream);
}

/* Of the first `published` messages: numbers that were passed over, and those that had not come at the end. */
void connections_losses(long published, long *lost, long *late) {
  *lost = *late = 0;
  for (int i = 0; i < options.connections - options.stopped; i++) {
    const struct stream *s = &connections[i].stream;
    long expected = (published - s->channel + options.channels - 1) / options.channels;
    *lost += s->last + 1 - s->received;
    *late += expected - (s->last + 1);
  }
}
