#include "lsn.h"

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* One half: 1 to 8 digits from `at`. The position behind them, 0 if there are none. */
static size_t
parse_half(struct span s, size_t at, uint32_t *out)
{
	size_t start = at;
	uint32_t n = 0;

	for (; at < s.len && at - start < 8; at++) {
		int digit = hex_digit(s.p[at]);

		if (digit < 0)
			break;
		n = n << 4 | (uint32_t)digit;
	}
	*out = n;
	return at > start ? at : 0;
}

bool
lsn_parse(struct span s, lsn_t *out)
{
	uint32_t high, low;
	size_t at = parse_half(s, 0, &high);

	if (at == 0 || at == s.len || s.p[at] != '/')
		return false;
	at = parse_half(s, at + 1, &low);
	if (at == 0 || at != s.len)
		return false;
	*out = (lsn_t)high << 32 | low;
	return true;
}
