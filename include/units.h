/*
 * units: sizes and durations as people write and read them.
 *
 * Sizes are PostgreSQL's: kB, MB, GB, TB are powers of 1024.
 */
#ifndef UNITS_H
#define UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UNITS_TEXT_MAX 32	/* enough for any text written here */

/*
 * "1GB", "512 MB", "1.5GB", "1000" (bytes); case does not matter and a final B
 * may be left out. False unless the whole text is a size that fits in an int64.
 */
bool units_parse_size(const char *text, int64_t *bytes);

/* "0 B", "1023 B", "1.25 GB", "12.5 GB", "125 GB": three digits. Returns `out`. */
const char *units_size(int64_t bytes, char out[UNITS_TEXT_MAX]);
/* The same per second: "1.25 GB/s". */
const char *units_rate(int64_t bytes, char out[UNITS_TEXT_MAX]);
/* "0.4 s", "12 s", "3 min 5 s", "2 h 4 min", "5 d 3 h". Below zero counts as zero. */
const char *units_duration(int64_t milliseconds, char out[UNITS_TEXT_MAX]);

#endif
