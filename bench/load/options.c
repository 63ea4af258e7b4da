/* The command line. What each option means is said in ../README.md. */
#define _GNU_SOURCE
#include "load.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options options = {.connections = 100, .channels = 1, .bytes = 128, .messages = 1000,
                          .window = 32, .time_limit = 30, .settle = 0.5, .quiet = 2, .path = "/",
                          .publish_port = 6379, .channel = "channel"};

static const struct option names[] = {
    {"connections", 1, 0, 'c'}, {"port", 1, 0, 'p'},       {"path", 1, 0, 'P'},     {"hello", 1, 0, 's'},
    {"subprotocol", 1, 0, 'U'},
    {"binary", 0, 0, 'B'},      {"publish", 1, 0, 'k'},    {"channel", 1, 0, 'n'},  {"publish-port", 1, 0, 'q'},
    {"before", 1, 0, 'b'},      {"after", 1, 0, 'a'},      {"messages", 1, 0, 'm'}, {"publish-header", 1, 0, 'h'},
    {"warm-up", 1, 0, 'u'},     {"window", 1, 0, 'w'},     {"rate", 1, 0, 'r'},     {"time-limit", 1, 0, 't'},
    {"bytes", 1, 0, 'z'},       {"settle", 1, 0, 'S'},     {"quiet", 1, 0, 'Q'},    {"duration", 1, 0, 'd'},
    {"channels", 1, 0, 'K'},    {"stopped", 1, 0, 'Z'},    {"pids", 1, 0, 'x'},
    {0, 0, 0, 0}};

static uint8_t *read_hex(const char *text, size_t *length) {
  *length = strlen(text) / 2;
  uint8_t *bytes = malloc(*length + 1);
  for (size_t i = 0; i < *length; i++) {
    unsigned byte;
    if (sscanf(text + 2 * i, "%2x", &byte) != 1) fail("not hexadecimal: %s", text);
    bytes[i] = (uint8_t)byte;
  }
  return bytes;
}

static void add(const char **list, int *count, const char *text) {
  if (*count == 16) fail("more than 16 of one kind: %s", text);
  list[(*count)++] = text;
}

static enum publish_kind read_kind(const char *text) {
  static const char *const kinds[] = {"none", "redis", "stream", "http", "nats"};
  for (int i = 0; i < 5; i++)
    if (strcmp(text, kinds[i]) == 0) return (enum publish_kind)i;
  fail("--publish is none, redis, stream, http or nats, not %s", text);
}

static void read_pids(char *text) {
  for (char *pid = strtok(text, ","); pid && options.pid_count < 64; pid = strtok(NULL, ","))
    options.pids[options.pid_count++] = atoi(pid);
}

static void read_text_option(int letter, char *text) {
  switch (letter) {
    case 'P': options.path = text; break;
    case 'U': options.subprotocol = text; break;
    case 's': add(options.hellos, &options.hello_count, text); break;
    case 'B': options.is_binary = true; break;
    case 'k': options.publish = read_kind(text); break;
    case 'n': options.channel = text; break;
    case 'b': options.before = read_hex(text, &options.before_length); break;
    case 'a': options.after = read_hex(text, &options.after_length); break;
    case 'h': add(options.publish_headers, &options.publish_header_count, text); break;
    case 'x': read_pids(text); break;
    default: exit(2);
  }
}

static void read_option(int letter, char *text) {
  switch (letter) {
    case 'c': options.connections = atoi(text); break;
    case 'p': options.port = atoi(text); break;
    case 'q': options.publish_port = atoi(text); break;
    case 'm': options.messages = atol(text); break;
    case 'u': options.warm_up = atol(text); break;
    case 'w': options.window = atol(text); break;
    case 'r': options.rate = atof(text); break;
    case 'z': options.bytes = atoi(text); break;
    case 't': options.time_limit = atof(text); break;
    case 'd': options.duration = atof(text); break;
    case 'S': options.settle = atof(text); break;
    case 'Q': options.quiet = atof(text); break;
    case 'K': options.channels = atoi(text); break;
    case 'Z': options.stopped = atoi(text); break;
    default: read_text_option(letter, text);
  }
}

static void check_options(void) {
  bool is_sound = options.connections > 0 && options.port > 0 && options.channels > 0 && options.window > 0 &&
                  options.bytes > 0 && options.messages >= 0 && options.connections % options.channels == 0 && options.stopped >= 0 &&
                  options.stopped < options.connections && (options.stopped == 0 || options.channels == 1);
  if (!is_sound) fail("options that do not fit together; the connections are a multiple of the channels");
}

void read_options(int count, char **arguments) {
  for (int letter; (letter = getopt_long(count, arguments, "", names, NULL)) != -1;) read_option(letter, optarg);
  check_options();
}
