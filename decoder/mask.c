#include "mask.h"

#include <openssl/evp.h>
#include <strings.h>

#define HEX_MAX (2 * EVP_MAX_MD_SIZE)

struct masked {
	struct conv conv;	/* its `item` is the column's own converter */
	const struct mask *mask;
	struct span stars;
	size_t hex;		/* digits of a hash that the column has room for */
};

static const struct { const char *name; const EVP_MD *(*digest)(void); }
digests[] = {
	{ "MD5", EVP_md5 },
	{ "SHA", EVP_sha1 },
	{ "SHA1", EVP_sha1 },
	{ "SHA-1", EVP_sha1 },
	{ "SHA-224", EVP_sha224 },
	{ "SHA-256", EVP_sha256 },
	{ "SHA-384", EVP_sha384 },
	{ "SHA-512", EVP_sha512 },
	{ "SHA-512/224", EVP_sha512_224 },
	{ "SHA-512/256", EVP_sha512_256 },
	{ "SHA3-224", EVP_sha3_224 },
	{ "SHA3-256", EVP_sha3_256 },
	{ "SHA3-384", EVP_sha3_384 },
	{ "SHA3-512", EVP_sha3_512 },
};

const struct evp_md_st *
mask_digest(const char *name)
{
	for (size_t i = 0; i < sizeof digests / sizeof *digests; i++)
		if (strcasecmp(digests[i].name, name) == 0)
			return digests[i].digest();
	return NULL;
}

const char *
mask_digest_names(void)
{
	return "MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512, SHA-512/224, "
		"SHA-512/256, SHA3-224, SHA3-256, SHA3-384, SHA3-512";
}

/* Bytes of the character at `c`; text that is not UTF-8 is refused later. */
static size_t
character_size(unsigned char c)
{
	return c < 0xc0 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}

/* Java counts UTF-16 units: a character beyond the BMP is two of them. */
static size_t
cut(struct span s, uint32_t units)
{
	size_t at = 0;

	/* No text has more units than bytes. */
	if (s.len <= units)
		return s.len;
	while (at < s.len) {
		size_t size = character_size((unsigned char)s.p[at]);
		uint32_t n = size == 4 ? 2 : 1;

		if (n > units || size > s.len - at)
			break;
		units -= n;
		at += size;
	}
	return at;
}

static void
truncate(const struct mask *m, struct value *v)
{
	if (v->kind == VALUE_STRING)
		v->len = (uint32_t)cut(value_span(v), m->length);
	else if (v->kind == VALUE_BYTES && v->len > m->length)
		v->len = m->length;
}

/* A character beyond the BMP as its two surrogates, three bytes each. */
static char *
put_surrogates(char *to, const char *from)
{
	const unsigned char *p = (const unsigned char *)from;
	uint32_t c = (p[0] & 7u) << 18 | (p[1] & 63u) << 12 |
		(p[2] & 63u) << 6 | (p[3] & 63u);
	uint32_t units[2] = { 0xd800 + ((c - 0x10000) >> 10),
		0xdc00 + ((c - 0x10000) & 0x3ff) };

	for (int i = 0; i < 2; i++) {
		*to++ = (char)(0xe0 | units[i] >> 12);
		*to++ = (char)(0x80 | (units[i] >> 6 & 63));
		*to++ = (char)(0x80 | (units[i] & 63));
	}
	return to;
}

/* Java's modified UTF-8. A NUL, the other thing it modifies, is in no text. */
static bool
modify(struct span *s, struct arena *a)
{
	size_t extra = 0;
	char *to, *at;

	for (size_t i = 0; i < s->len; i++)
		if ((unsigned char)s->p[i] >= 0xf0)
			extra += 2;
	if (!extra)
		return true;
	to = at = arena_alloc(a, s->len + extra);
	if (!to)
		return false;
	for (size_t i = 0; i < s->len;) {
		size_t size = character_size((unsigned char)s->p[i]);

		if (size == 4 && s->len - i >= 4)
			at = put_surrogates(at, s->p + i);
		else
			*at++ = s->p[i], size = 1;
		i += size;
	}
	*s = (struct span){ to, (size_t)(at - to) };
	return true;
}

/* What ObjectOutputStream writes before the bytes of a string. */
static size_t
serial_head(char head[16], size_t len)
{
	static const char stream[] = { '\xac', '\xed', 0, 5 };
	size_t n = sizeof stream;
	int size = len > 0xffff ? 8 : 2;

	memcpy(head, stream, n);
	head[n++] = size == 8 ? 0x7c : 0x74;	/* TC_LONGSTRING, TC_STRING */
	while (size--)
		head[n++] = (char)((uint64_t)len >> 8 * size);
	return n;
}

static bool
digest(const struct mask *m, struct span text, struct arena *a,
	unsigned char out[EVP_MAX_MD_SIZE], unsigned *size)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	char head[16];
	bool done = ctx && EVP_DigestInit_ex(ctx, m->digest, NULL) &&
		EVP_DigestUpdate(ctx, m->salt.p, m->salt.len);

	if (done && m->serialized)
		done = modify(&text, a) && EVP_DigestUpdate(ctx, head,
			serial_head(head, text.len));
	done = done && EVP_DigestUpdate(ctx, text.p, text.len) &&
		EVP_DigestFinal_ex(ctx, out, size);
	EVP_MD_CTX_free(ctx);
	return done;
}

static int
hash(const struct masked *m, struct value *v, struct arena *a, struct fail *f)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	char *hex;

	if (v->kind != VALUE_STRING)
		return 0;
	hex = arena_alloc(a, HEX_MAX);
	if (!hex || !digest(m->mask, value_span(v), a, bytes, &size))
		return fail_set(f, FAIL_FATAL, "a hash: no memory left");
	for (unsigned i = 0; i < size; i++) {
		hex[2 * i] = digits[bytes[i] >> 4];
		hex[2 * i + 1] = digits[bytes[i] & 15];
	}
	*v = value_text(VALUE_STRING, (struct span){ hex,
		m->hex < 2 * size ? m->hex : 2 * size });
	return 0;
}

static int
apply(const struct masked *m, struct value *v, struct arena *a, struct fail *f)
{
	switch (m->mask->kind) {
	case MASK_TRUNCATE:
		truncate(m->mask, v);
		return 0;
	case MASK_STARS:
		*v = value_text(VALUE_STRING, m->stars);
		return 0;
	case MASK_HASH:
		return hash(m, v, a, f);
	}
	return 0;
}

static int
convert(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	if (c->item->fn(c->item, text, a, out, f))
		return -1;
	return apply((const struct masked *)c, out, a, f);
}

static struct span
stars(struct arena *a, uint32_t n)
{
	char *p = arena_alloc(a, n + (size_t)1);

	if (p)
		memset(p, '*', n);
	return (struct span){ p, p ? n : 0 };
}

static bool
becomes_text(const struct schema *s)
{
	return s->type == SCHEMA_STRING ||
		(s->type == SCHEMA_BYTES && !s->name.p);
}

static void
add_param(struct arena *a, struct type_mapping *mapping, const char *name,
	struct span value)
{
	struct schema *s = schema_copy(a, mapping->schema);

	schema_add_param(a, s, span_of(name), value);
	if (s)
		mapping->schema = s;
}

/* Debezium's rule, which goes by the length of every type, also of numbers. */
static bool
truncates(const struct mask *m, int32_t length)
{
	return length < 0 || (uint32_t)length > m->length;
}

bool
mask_apply(const struct mask *mask, int32_t length, struct arena *a,
	struct type_mapping *mapping, struct value *missing, struct value *null)
{
	bool shortens = mask->kind == MASK_TRUNCATE;
	struct masked *m;

	if (shortens && !truncates(mask, length))
		return false;
	if (shortens)
		add_param(a, mapping, "truncateLength",
			arena_printf(a, "%u", mask->length));
	else
		add_param(a, mapping, "masked", span_of("true"));
	m = arena_zero(a, 1, sizeof *m);
	if (!m || !(shortens ? becomes_text(mapping->schema) : mapping->text))
		return false;
	m->conv = *mapping->conv;
	m->conv.fn = convert;
	m->conv.item = mapping->conv;
	m->mask = mask;
	m->hex = length > 0 ? (size_t)length : HEX_MAX;
	if (mask->kind == MASK_STARS)
		m->stars = stars(a, mask->length);
	mapping->conv = &m->conv;
	apply(m, missing, a, NULL);
	apply(m, null, a, NULL);
	/* The placeholder of bytes is not cut: it would be taken for a value. */
	if (mapping->unavailable.kind != VALUE_BYTES)
		apply(m, &mapping->unavailable, a, NULL);
	return true;
}
