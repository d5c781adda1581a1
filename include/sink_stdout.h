/*
 * sink_stdout: records as JSON lines on a file descriptor.
 *
 *   {"topic":…,"partition":null,"key":…,"value":…,"headers":[["name",value],…],"timestamp":null}
 *
 * key, value and header values are the record's own bytes when they are JSON
 * (they are quoted as a string if headers are text). Never blocks: a pipe that
 * is full makes send answer FULL. A record is acknowledged once write(2) has
 * taken its last byte. Memory: 1 MB, or the longest line if that is longer.
 * SIGPIPE must be ignored by the program.
 */
#ifndef SINK_STDOUT_H
#define SINK_STDOUT_H

#include "config.h"
#include "sink.h"

/* `fd` stays the caller's, its flags as they are. NULL with `f` filled. */
struct sink *sink_stdout_new(const struct config *c, int fd, struct fail *f);

#endif
