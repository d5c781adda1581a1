/*
 * sink_stdout: records as JSON lines on a file descriptor.
 *
 *   {"topic":…,"partition":null,"key":…,"value":…,"headers":[["name",value],…],"timestamp":null}
 *
 * key, value and header values are the record's own bytes when they are JSON
 * (they are quoted as a string if headers are text). Never blocks: a pipe that
 * is full makes send answer FULL. A record is acknowledged once written.
 */
#ifndef SINK_STDOUT_H
#define SINK_STDOUT_H

#include "config.h"
#include "sink.h"

struct sink *sink_stdout_new(const struct config *c, int fd, struct fail *f);

#endif
