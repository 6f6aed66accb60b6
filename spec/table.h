/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table: documents as tables of fields. One table per object says which properties it has, of which
 * kind, where they lie in the C struct and what they may hold; reading, checking and writing all
 * follow it. A new property of the specification is one line.
 *
 *	static const struct field root_fields[] = {
 *		FIELD_STRING(struct root, path, "path", .flags = FIELD_REQUIRED | FIELD_NONEMPTY),
 *		FIELD_BOOL(struct root, readonly, "readonly"),
 *	};
 *	static const struct table root_table = TABLE(root_fields);
 *
 * Rules that hold for every table:
 * - properties that the table does not name are ignored (config.md, Extensibility);
 * - null is absent, but not as an entry of a list;
 * - an optional string that is empty is absent too, as the engines' Go writers mean it, unless
 *   FIELD_KEEP_EMPTY;
 * - what is absent is zero in the struct: NULL, n == 0, false, 0.
 */
#ifndef HOY_SPEC_TABLE_H
#define HOY_SPEC_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "spec/json.h"

enum field_kind {
	KIND_STRING,   /* const char * */
	KIND_BOOL,     /* bool */
	KIND_BOOL_PTR, /* bool * */
	KIND_I64,      /* int64_t, and so on; a _PTR is NULL when the property is absent */
	KIND_U64,
	KIND_U32,
	KIND_I64_PTR,
	KIND_I32_PTR,
	KIND_U64_PTR,
	KIND_U32_PTR,
	KIND_U16_PTR,
	KIND_STRINGS,	  /* struct {size_t n; const char **v;}: a list of strings, NULL behind */
	KIND_STRINGS_PTR, /* a pointer to one: absent differs from empty */
	KIND_U32_LIST,	  /* struct {size_t n; uint32_t *v;} */
	KIND_STRING_MAP,  /* struct {size_t n; struct {const char *key, *value;} *v;} */
	KIND_OBJECT,	  /* a struct inside the struct */
	KIND_OBJECT_PTR,  /* a pointer to a struct */
	KIND_LIST,	  /* struct {size_t n; T *v;}: a list of objects */
	KIND_MAP,	  /* the same from an object; T begins with const char *key */
};

enum {
	FIELD_REQUIRED = 1,   /* must be there */
	FIELD_NONEMPTY = 2,   /* a string: not ""; a list: at least one entry */
	FIELD_ABSOLUTE = 4,   /* the string, or every string of the list, begins with "/" */
	FIELD_KEEP_EMPTY = 8, /* an optional string may be "" */
	FIELD_ALWAYS = 16,    /* is written even when absent or zero */
	FIELD_HAS_FLAG = 32,  /* the bool at `present` says whether the property was there */
};

struct table;

struct field {
	const char *key;
	uint8_t kind;		   /* enum field_kind */
	uint8_t flags;		   /* FIELD_* */
	uint16_t offset;	   /* in the struct */
	uint16_t size;		   /* of one object, for the kinds that allocate them */
	uint16_t present;	   /* FIELD_HAS_FLAG */
	const struct table *sub;   /* of the objects */
	const char *const *values; /* strings that are allowed, NULL behind; NULL: any */
	int64_t min;		   /* allowed numbers; both 0: all that the kind holds */
	uint64_t max;
};

struct table {
	const struct field *fields;
	size_t n; /* at most 64 */
};

#define TABLE(f)                                \
	{                                       \
		(f), sizeof(f) / sizeof((f)[0]) \
	}

/* The offset of m; does not compile if m is not of type T. */
#define FIELD_AT(S, m, T) \
	(offsetof(S, m) + \
	 (sizeof(char[1 - 2 * !__builtin_types_compatible_p(__typeof__(((S *)0)->m), T)]) - 1))
#define FIELD_OF(k, S, m, T, name, ...)                                                \
	{                                                                              \
		.key = (name), .kind = (k), .offset = FIELD_AT(S, m, T), ##__VA_ARGS__ \
	}
#define FIELD_SUB(k, S, m, bytes, name, table, ...)                                    \
	{                                                                              \
		.key = (name), .kind = (k), .offset = offsetof(S, m), .size = (bytes), \
		.sub = &(table), ##__VA_ARGS__                                         \
	}

#define FIELD_STRING(S, m, ...)	     FIELD_OF(KIND_STRING, S, m, const char *, __VA_ARGS__)
#define FIELD_BOOL(S, m, ...)	     FIELD_OF(KIND_BOOL, S, m, bool, __VA_ARGS__)
#define FIELD_BOOL_PTR(S, m, ...)    FIELD_OF(KIND_BOOL_PTR, S, m, bool *, __VA_ARGS__)
#define FIELD_I64(S, m, ...)	     FIELD_OF(KIND_I64, S, m, int64_t, __VA_ARGS__)
#define FIELD_U64(S, m, ...)	     FIELD_OF(KIND_U64, S, m, uint64_t, __VA_ARGS__)
#define FIELD_U32(S, m, ...)	     FIELD_OF(KIND_U32, S, m, uint32_t, __VA_ARGS__)
#define FIELD_I64_PTR(S, m, ...)     FIELD_OF(KIND_I64_PTR, S, m, int64_t *, __VA_ARGS__)
#define FIELD_I32_PTR(S, m, ...)     FIELD_OF(KIND_I32_PTR, S, m, int32_t *, __VA_ARGS__)
#define FIELD_U64_PTR(S, m, ...)     FIELD_OF(KIND_U64_PTR, S, m, uint64_t *, __VA_ARGS__)
#define FIELD_U32_PTR(S, m, ...)     FIELD_OF(KIND_U32_PTR, S, m, uint32_t *, __VA_ARGS__)
#define FIELD_U16_PTR(S, m, ...)     FIELD_OF(KIND_U16_PTR, S, m, uint16_t *, __VA_ARGS__)
#define FIELD_STRINGS(S, m, ...)     FIELD_OF(KIND_STRINGS, S, m, struct strings, __VA_ARGS__)
#define FIELD_STRINGS_PTR(S, m, ...) FIELD_OF(KIND_STRINGS_PTR, S, m, struct strings *, __VA_ARGS__)
#define FIELD_STRING_MAP(S, m, ...)  FIELD_OF(KIND_STRING_MAP, S, m, struct string_map, __VA_ARGS__)
#define FIELD_U32_LIST(S, m, name, ...)                                                       \
	{                                                                                     \
		.key = (name), .kind = KIND_U32_LIST, .offset = offsetof(S, m), ##__VA_ARGS__ \
	}
#define FIELD_OBJECT(S, m, ...) FIELD_SUB(KIND_OBJECT, S, m, 0, __VA_ARGS__)
#define FIELD_OBJECT_PTR(S, m, ...) \
	FIELD_SUB(KIND_OBJECT_PTR, S, m, sizeof(*((S *)0)->m), __VA_ARGS__)
#define FIELD_LIST(S, m, ...) FIELD_SUB(KIND_LIST, S, m, sizeof(*((S *)0)->m.v), __VA_ARGS__)
#define FIELD_MAP(S, m, ...)  FIELD_SUB(KIND_MAP, S, m, sizeof(*((S *)0)->m.v), __VA_ARGS__)

/* What every list in the structs looks like: `struct {size_t n; T *v;}`. */
struct any_list {
	size_t n;
	void *v;
};

/*
 * Fills the struct at ret, which must be zeroed, from the object. What it points to belongs to the
 * arena. Returns 0, or -EINVAL with err (its field is the path below this object,
 * "mounts[3].type"); the struct is then half filled and of no use.
 */
int table_read(const struct table *t, const struct json *object, void *ret, struct arena *a,
	       struct error *err);

/* Appends the struct as a JSON object. indent: by two spaces, one property per line; else without
 * any white space. Absent properties are left out, but for FIELD_REQUIRED and FIELD_ALWAYS. */
void table_write(const struct table *t, const void *from, bool indent, struct text *out);

/* The field of that name, or NULL. */
const struct field *table_field(const struct table *t, const char *key);

/* Whether the property, which lies at `at`, holds something: a string that is not empty, a list
 * with entries, true, a number that is there and (if it can't be absent) not zero, an object that
 * holds something itself. */
bool field_is_set(const struct field *f, const void *at);

#endif
