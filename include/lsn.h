/*
 * lsn: a position in the write-ahead log, in bytes; 0 is "none".
 *
 * Text form as PostgreSQL's pg_lsn: two hexadecimal halves, "16/B374D848".
 */
#ifndef LSN_H
#define LSN_H

#include <stdint.h>

#include "span.h"

typedef uint64_t lsn_t;

/* printf("at " LSN_FMT, LSN_ARG(lsn)) */
#define LSN_FMT "%X/%X"
#define LSN_ARG(lsn) (unsigned)((lsn) >> 32), (unsigned)((lsn) & 0xffffffffu)

/* Parses the whole of `s`. False if it is anything else than an LSN. */
bool lsn_parse(struct span s, lsn_t *out);

#endif
