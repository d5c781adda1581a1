#include "binary.h"

static const char digits_standard[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char digits_url[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void
binary_base64(char *out, const void *bytes, size_t n, bool url)
{
	const char *digits = url ? digits_url : digits_standard;
	const unsigned char *p = bytes;
	unsigned group;

	for (; n >= 3; n -= 3, p += 3, out += 4) {
		group = (unsigned)p[0] << 16 | (unsigned)p[1] << 8 | p[2];
		out[0] = digits[group >> 18];
		out[1] = digits[group >> 12 & 63];
		out[2] = digits[group >> 6 & 63];
		out[3] = digits[group & 63];
	}
	if (n == 0)
		return;
	group = (unsigned)p[0] << 16 | (n == 2 ? (unsigned)p[1] << 8 : 0);
	out[0] = digits[group >> 18];
	out[1] = digits[group >> 12 & 63];
	out[2] = n == 2 ? digits[group >> 6 & 63] : '=';
	out[3] = '=';
}

void
binary_hex(char *out, const void *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *p = bytes;

	for (size_t i = 0; i < n; i++) {
		*out++ = digits[p[i] >> 4];
		*out++ = digits[p[i] & 15];
	}
}

/* Value of a digit with bit 4 set, so that 0 means "none". */
static const unsigned char digit_value[256] = {
	['0'] = 16, ['1'] = 17, ['2'] = 18, ['3'] = 19, ['4'] = 20,
	['5'] = 21, ['6'] = 22, ['7'] = 23, ['8'] = 24, ['9'] = 25,
	['a'] = 26, ['b'] = 27, ['c'] = 28, ['d'] = 29, ['e'] = 30, ['f'] = 31,
	['A'] = 26, ['B'] = 27, ['C'] = 28, ['D'] = 29, ['E'] = 30, ['F'] = 31
};

bool
binary_unhex(void *out, struct span hex)
{
	const unsigned char *p = (const unsigned char *)hex.p;
	unsigned char *o = out;
	unsigned valid = 16;

	/* No branch inside: validity is collected and looked at once. */
	for (size_t i = 0; i < hex.len / 2; i++) {
		unsigned high = digit_value[p[2 * i]];
		unsigned low = digit_value[p[2 * i + 1]];

		valid &= high & low;
		o[i] = (unsigned char)(high << 4 | (low & 15));
	}
	return hex.len % 2 == 0 && valid;
}
