#include "source_type.h"

#define UNLIMITED INT32_MAX
/* A domain stands on a domain on a domain: more than this is a loop. */
#define DOMAINS_MAX 64

enum {
	BOOL = 16, CHAR = 18, INT8 = 20, INT2 = 21, INT4 = 23, OID = 26,
	FLOAT4 = 700, FLOAT8 = 701, BPCHAR = 1042, VARCHAR = 1043,
	DATE = 1082, TIME = 1083, TIMESTAMP = 1114, TIMESTAMPTZ = 1184,
	INTERVAL = 1186, TIMETZ = 1266, BIT = 1560, VARBIT = 1562,
	NUMERIC = 1700
};

/* Built-in arrays whose elements have lengths of their own. */
static uint32_t
element(uint32_t oid)
{
	static const uint32_t arrays[][2] = {
		{ 1000, BOOL }, { 1002, CHAR }, { 1005, INT2 }, { 1007, INT4 },
		{ 1014, BPCHAR }, { 1015, VARCHAR }, { 1016, INT8 },
		{ 1021, FLOAT4 }, { 1022, FLOAT8 }, { 1028, OID },
		{ 1115, TIMESTAMP }, { 1182, DATE }, { 1183, TIME },
		{ 1185, TIMESTAMPTZ }, { 1187, INTERVAL }, { 1231, NUMERIC },
		{ 1270, TIMETZ }, { 1561, BIT }, { 1563, VARBIT }
	};

	for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
		if (arrays[i][0] == oid)
			return arrays[i][1];
	return oid;
}

/* Characters of a fraction of a second, its point included. */
static int32_t
fraction(int32_t typmod)
{
	if (typmod < 0)
		return 7;
	/* The driver takes one digit for two. */
	return typmod == 0 ? 0 : typmod == 1 ? 3 : typmod + 1;
}

static int32_t
length_of(uint32_t oid, int32_t typmod)
{
	switch (oid) {
	case BOOL:
	case CHAR:
		return 1;
	case INT2:
		return 5;
	case INT4:
	case OID:
		return 10;
	case INT8:
		return 19;
	case FLOAT4:
		return 8;
	case FLOAT8:
		return 17;
	case NUMERIC:
		/* Digits before the point, the point, and digits behind it. */
		return typmod < 4 ? 131089 : (typmod - 4) >> 16 & 0xffff;
	case BPCHAR:
	case VARCHAR:
		return typmod < 4 ? UNLIMITED : typmod - 4;
	case BIT:
	case VARBIT:
		return typmod < 0 ? UNLIMITED : typmod;
	case DATE:
		return 13;
	case TIME:
		return 8 + fraction(typmod);
	case TIMETZ:
		return 14 + fraction(typmod);
	case TIMESTAMP:
		return 22 + fraction(typmod);
	case TIMESTAMPTZ:
		return 28 + fraction(typmod);
	case INTERVAL:
		return 49;
	default:
		return UNLIMITED;
	}
}

static int32_t
scale_of(uint32_t oid, int32_t typmod)
{
	switch (oid) {
	case FLOAT4:
		return 8;
	case FLOAT8:
		return 17;
	case NUMERIC:
		/* A negative scale shows as its 11 bits read unsigned. */
		return typmod < 4 ? 0 : (typmod - 4) & 0x7ff;
	case TIME:
	case TIMETZ:
	case TIMESTAMP:
	case TIMESTAMPTZ:
		return typmod < 0 ? 6 : typmod;
	case INTERVAL:
		return typmod < 0 ? 6 : typmod & 0xffff;
	default:
		return 0;
	}
}

/* Names of the types without facts: what a test or a dropped type leaves. */
static struct span
name_of(const struct facts *facts, uint32_t oid, struct arena *a)
{
	const struct type_fact *fact = facts_type(facts, oid);

	return fact ? arena_copy(a, fact->name) : span_of("unknown");
}

struct source_type
source_type_of(const struct facts *facts, uint32_t oid, int32_t typmod,
	struct arena *a)
{
	struct source_type t = { .name = name_of(facts, oid, a) };

	for (int i = 0; i < DOMAINS_MAX; i++) {
		const struct type_fact *fact = facts_type(facts, oid);

		if (!fact || fact->type != 'd')
			break;
		oid = fact->base;
		typmod = fact->base_typmod;
	}
	oid = element(oid);
	t.length = length_of(oid, typmod);
	t.scale = scale_of(oid, typmod);
	return t;
}
