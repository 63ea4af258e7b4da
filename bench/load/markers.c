/*
 * The markers in what one connection receives, and what is told from their numbers.
 *
 * Payloads are read as a stream: a marker is found wherever it is, also across reads, frames and fragments, and
 * whatever a server writes around it.
 */
#include "load.h"
#include <string.h>

struct counts counts;

static void note_marker(struct stream *s, long number, uint64_t due) {
  if (number == 0) {
    counts.probes++;
    if (!s->is_ready) counts.ready++;
    s->is_ready = true;
    return;
  }
  if ((number - 1) % options.channels != s->channel) {
    counts.stray++;
    return;
  }
  long index = (number - 1) / options.channels;
  uint64_t *word = &s->seen[index % WINDOW_BITS / 64], bit = 1ull << (index % 64);
  if (index > s->last) {
    long from = index - s->last > WINDOW_BITS ? index - WINDOW_BITS : s->last;
    for (long i = from + 1; i <= index; i++) s->seen[i % WINDOW_BITS / 64] &= ~(1ull << (i % 64));
    s->last = index;
  } else if (s->last - index >= WINDOW_BITS || (*word & bit)) {
    /* One that comes so late that nobody remembers is taken for a double: rather a loss too many than hidden. */
    counts.duplicates++;
    return;
  } else {
    counts.reordered++;
  }
  *word |= bit;
  s->received++;
  counts.delivered++;
  counts.last_at = counts.read_at;
  latency_add(counts.read_at > due ? counts.read_at - due : 0);
}

/* The length of the marker that `text` begins with; 0 for none; -1 when its end is still to come. */
static int parse_marker(const char *text, size_t length, long *number, uint64_t *due) {
  uint64_t values[2] = {0, 0};
  size_t at = 2;
  if (length < 2) return length == 1 && text[0] == '@' ? -1 : 0;
  if (text[0] != '@' || text[1] != '@') return 0;
  for (int i = 0; i < 2; i++) {
    size_t first = at;
    while (at < length && text[at] >= '0' && text[at] <= '9') values[i] = values[i] * 10 + (uint64_t)(text[at++] - '0');
    if (at == length) return length < MARKER_MAX ? -1 : 0;
    if (at == first || text[at++] != (i == 0 ? ',' : ';')) return 0;
  }
  *number = (long)values[0];
  *due = values[1];
  return (int)at;
}

/* Goes on with what began in an earlier piece. Returns how many bytes of this one belong to it. */
static size_t finish_marker(struct stream *s, const char *bytes, size_t length) {
  size_t had = s->tail_length, more = MARKER_MAX - had < length ? MARKER_MAX - had : length;
  memcpy(s->tail + had, bytes, more);
  s->tail_length = 0;
  /* It may turn out to be no marker, and one may yet begin behind its first byte. */
  for (size_t from = 0; from < had; from++) {
    long number;
    uint64_t due;
    int used = parse_marker(s->tail + from, had + more - from, &number, &due);
    if (used > 0) {
      note_marker(s, number, due);
      return from + (size_t)used - had;
    }
    if (used < 0) {
      s->tail_length = (uint8_t)(had + more - from);
      memmove(s->tail, s->tail + from, s->tail_length);
      return more;
    }
  }
  return 0;
}

void stream_scan(struct stream *s, const char *bytes, size_t length) {
  const char *end = bytes + length;
  while (s->tail_length > 0 && bytes < end) bytes += finish_marker(s, bytes, (size_t)(end - bytes));
  while (bytes < end) {
    long number;
    uint64_t due;
    const char *found = memchr(bytes, '@', (size_t)(end - bytes)); /* much faster than memmem for "@@" */
    if (!found) return;
    int used = parse_marker(found, (size_t)(end - found), &number, &due);
    if (used < 0) {
      s->tail_length = (uint8_t)(end - found);
      memcpy(s->tail, found, s->tail_length);
      return;
    }
    if (used > 0) note_marker(s, number, due);
    bytes = found + (used > 0 ? used : 1);
  }
}

void stream_reset(struct stream *s) {
  s->last = -1;
  s->received = 0;
  s->tail_length = 0;
  memset(s->seen, 0, sizeof s->seen);
}
