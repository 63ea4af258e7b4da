/*
 * What the others are compared with: a program that reads one channel of Redis and writes one shared buffer of frames
 * to every WebSocket. It checks nothing and knows one channel; all that it does for a write, every gateway must do too.
 *
 *   limit PORT REDIS_PORT CHANNEL
 *
 * A reader that stops costs nobody else time: what waits for it is kept, up to 4 MiB, and then its socket is closed.
 * It ends when its standard input ends.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_CLIENTS 65536
#define MAX_WAITING (4u << 20)
#define READ_BYTES (256 * 1024)

/* The answer to the one key that the load generator sends. */
static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

struct client {
  bool is_open;     /* the handshake was answered */
  uint32_t place;   /* in `members` */
  uint8_t *waiting; /* what the socket did not take */
  size_t waiting_length;
};

static struct client clients[MAX_CLIENTS]; /* by file descriptor */
static int members[MAX_CLIENTS];
static uint32_t member_count;
static int epoll_fd, redis_fd;
static uint8_t input[READ_BYTES * 2], output[READ_BYTES * 4];
static size_t input_length;

static void give_up(const char *what) {
  perror(what);
  exit(1);
}

static void watch(int operation, int fd, uint32_t events) {
  struct epoll_event event = {.events = events, .data.fd = fd};
  epoll_ctl(epoll_fd, operation, fd, &event);
}

static void drop(int fd) {
  struct client *client = &clients[fd];
  if (client->is_open) {
    members[client->place] = members[--member_count];
    clients[members[client->place]].place = client->place;
  }
  free(client->waiting);
  memset(client, 0, sizeof *client);
  close(fd);
}

static bool keep(int fd, const uint8_t *bytes, size_t length) {
  struct client *client = &clients[fd];
  if (client->waiting_length + length > MAX_WAITING) return false;
  if (client->waiting_length == 0) watch(EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLOUT);
  client->waiting = realloc(client->waiting, client->waiting_length + length);
  memcpy(client->waiting + client->waiting_length, bytes, length);
  client->waiting_length += length;
  return true;
}

/* Whether the client is still there. */
static bool push(int fd, const uint8_t *bytes, size_t length) {
  ssize_t sent = 0;
  if (clients[fd].waiting_length == 0) {
    sent = send(fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent == (ssize_t)length) return true;
    if (sent < 0 && errno != EAGAIN) sent = (ssize_t)length; /* gone: its end is read soon */
    if (sent < 0) sent = 0;
  }
  if (sent == (ssize_t)length || keep(fd, bytes + sent, length - (size_t)sent)) return true;
  drop(fd);
  return false;
}

static void drain(int fd) {
  struct client *client = &clients[fd];
  ssize_t sent = send(fd, client->waiting, client->waiting_length, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && errno != EAGAIN) return drop(fd);
  if (sent <= 0) return;
  client->waiting_length -= (size_t)sent;
  memmove(client->waiting, client->waiting + sent, client->waiting_length);
  if (client->waiting_length > 0) return;
  free(client->waiting);
  client->waiting = NULL;
  watch(EPOLL_CTL_MOD, fd, EPOLLIN);
}

static size_t write_header(uint8_t *frame, size_t length) {
  frame[0] = 0x81;
  if (length < 126) {
    frame[1] = (uint8_t)length;
    return 2;
  }
  if (length < 65536) {
    frame[1] = 126;
    frame[2] = (uint8_t)(length >> 8);
    frame[3] = (uint8_t)length;
    return 4;
  }
  frame[1] = 127;
  for (int i = 0; i < 8; i++) frame[2 + i] = (uint8_t)((uint64_t)length >> (56 - 8 * i));
  return 10;
}

/*
 * One item of RESP at `at`: a text (`$LENGTH`, then its bytes) or a number (`:NUMBER`), which has no bytes. Returns
 * where the next one begins; 0 when this one is not complete.
 */
static size_t read_item(size_t at, const uint8_t **bytes, size_t *length) {
  uint8_t *line_end = at < input_length ? memmem(input + at, input_length - at, "\r\n", 2) : NULL;
  if (!line_end) return 0;
  size_t next = (size_t)(line_end + 2 - input);
  *bytes = line_end + 2;
  *length = input[at] == '$' ? strtoul((char *)input + at + 1, NULL, 10) : 0;
  if (input[at] == '$') next += *length + 2;
  return next <= input_length ? next : 0;
}

/* Turns the messages that are complete into frames. What Redis says is always "*3", a kind, the channel, and a text. */
static size_t take_messages(void) {
  size_t at = 0, written = 0;
  while (at < input_length) {
    const uint8_t *bytes;
    size_t length, next = at + 4;
    for (int i = 0; i < 3 && next > 0; i++) next = read_item(next, &bytes, &length);
    if (next == 0) break;
    if (length > 0) {
      written += write_header(output + written, length);
      memcpy(output + written, bytes, length);
      written += length;
    }
    at = next;
  }
  memmove(input, input + at, input_length - at);
  input_length -= at;
  return written;
}

static void read_redis(void) {
  ssize_t length = read(redis_fd, input + input_length, sizeof input - input_length);
  if (length <= 0) give_up("Redis");
  input_length += (size_t)length;
  size_t written = take_messages();
  if (written == 0) return;
  for (uint32_t i = 0; i < member_count;)
    if (push(members[i], output, written)) i++; /* else another one has taken its place */
}

static void read_client(int fd) {
  char bytes[4096];
  struct client *client = &clients[fd];
  ssize_t length = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
  if (length < 0 && errno == EAGAIN) return;
  if (length <= 0) return drop(fd);
  if (client->is_open || bytes[0] != 'G') return;
  client->is_open = true;
  client->place = member_count;
  members[member_count++] = fd;
  push(fd, (const uint8_t *)answer, sizeof answer - 1);
}

static void accept_clients(int server_fd) {
  int one = 1;
  for (;;) {
    int fd = accept4(server_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    if (fd >= MAX_CLIENTS) {
      close(fd);
      return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    watch(EPOLL_CTL_ADD, fd, EPOLLIN);
  }
}

static int listen_on(int port) {
  int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 4096) != 0) give_up("listening");
  return fd;
}

static int subscribe(int port, const char *channel) {
  char command[512];
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) give_up("Redis");
  int length = snprintf(command, sizeof command, "*2\r\n$9\r\nSUBSCRIBE\r\n$%zu\r\n%s\r\n", strlen(channel), channel);
  if (write(fd, command, (size_t)length) != length) give_up("Redis");
  return fd;
}

int main(int count, char **arguments) {
  if (count != 4) {
    fputs("limit PORT REDIS_PORT CHANNEL\n", stderr);
    return 2;
  }
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  int server_fd = listen_on(atoi(arguments[1]));
  redis_fd = subscribe(atoi(arguments[2]), arguments[3]);
  watch(EPOLL_CTL_ADD, server_fd, EPOLLIN);
  watch(EPOLL_CTL_ADD, redis_fd, EPOLLIN);
  watch(EPOLL_CTL_ADD, STDIN_FILENO, EPOLLIN);
  puts("listening");
  fflush(stdout);
  for (;;) {
    struct epoll_event events[1024];
    int ready = epoll_wait(epoll_fd, events, 1024, -1);
    for (int i = 0; i < ready; i++) {
      int fd = events[i].data.fd;
      if (fd == server_fd) accept_clients(fd);
      else if (fd == redis_fd) read_redis();
      else if (fd == STDIN_FILENO) return 0;
      else if ((events[i].events & EPOLLOUT) && clients[fd].waiting_length > 0) drain(fd);
      else read_client(fd);
    }
  }
}
