#include "conv_text.h"

#include "binary.h"

static int
no_memory(struct fail *f)
{
	return fail_set(f, FAIL_FATAL,
		"a value needs more memory than a message may take");
}

int
conv_text_string(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	(void)c, (void)a, (void)f;
	*out = value_text(VALUE_STRING, text);
	return 0;
}

int
conv_text_content(int form, struct span bytes, struct arena *a,
	struct value *out, struct fail *f)
{
	size_t size = form == CONV_TEXT_HEX ? 2 * bytes.len
		: binary_base64_size(bytes.len);
	char *text;

	if (form == CONV_TEXT_BYTES) {
		*out = value_text(VALUE_BYTES, bytes);
		return 0;
	}
	text = arena_alloc(a, size);
	if (!text)
		return no_memory(f);
	if (form == CONV_TEXT_HEX)
		binary_hex(text, bytes.p, bytes.len);
	else
		binary_base64(text, bytes.p, bytes.len,
			form == CONV_TEXT_BASE64_URL);
	*out = value_text(VALUE_STRING, (struct span){ text, size });
	return 0;
}

int
conv_text_bytea(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	struct span hex;
	char *bytes;

	if (text.len < 2 || text.p[0] != '\\' || text.p[1] != 'x')
		return fail_set(f, FAIL_FATAL,
			"bytea is not in hex format (bytea_output)");
	hex = (struct span){ text.p + 2, text.len - 2 };
	bytes = arena_alloc(a, hex.len / 2);
	if (!bytes)
		return no_memory(f);
	if (!binary_unhex(bytes, hex))
		return fail_set(f, FAIL_FATAL,
			"bytea has %zu characters that are not all hex digits "
			"in pairs", hex.len);
	if (c->precision == CONV_TEXT_HEX) {
		*out = value_text(VALUE_STRING, hex);
		return 0;
	}
	return conv_text_content(c->precision,
		(struct span){ bytes, hex.len / 2 }, a, out, f);
}

int
conv_text_unknown(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	return conv_text_content(c->precision, text, a, out, f);
}

static int
not_bits(struct span text, struct fail *f)
{
	return fail_set(f, FAIL_FATAL, "not a bit string: \"%.*s\"",
		text.len < 40 ? (int)text.len : 40, text.p);
}

int
conv_text_bit(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	(void)c, (void)a;
	if (text.len == 0) {
		*out = value_null();
		return 0;
	}
	if (text.len > 1 || (text.p[0] != '0' && text.p[0] != '1'))
		return not_bits(text, f);
	*out = value_bool(text.p[0] == '1');
	return 0;
}

int
conv_text_bits(const struct conv *c, struct span text, struct arena *a,
	struct value *out, struct fail *f)
{
	size_t n = text.len / 8 + (text.len % 8 != 0);
	unsigned char *bytes = arena_zero(a, n, 1);

	(void)c;
	if (!bytes)
		return no_memory(f);
	for (size_t i = 0; i < text.len; i++) {
		unsigned bit = (unsigned char)text.p[text.len - 1 - i] - '0';

		if (bit > 1)
			return not_bits(text, f);
		bytes[i / 8] |= (unsigned char)(bit << i % 8);
	}
	while (n && bytes[n - 1] == 0)
		n--;
	*out = value_text(VALUE_BYTES, (struct span){ (char *)bytes, n });
	return 0;
}
