/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/state.h"

#include <errno.h>

#include "spec/json.h"
#include "spec/table.h"

static const char *const statuses[] = {"creating", "created", "running", "paused", "stopped", NULL};

#define OCI_VERSION FIELD_STRING(struct state, oci_version, "ociVersion", .flags = FIELD_REQUIRED)
#define ID	    FIELD_STRING(struct state, id, "id", .flags = FIELD_REQUIRED | FIELD_NONEMPTY)
#define PID	    FIELD_I64(struct state, pid, "pid", .flags = FIELD_ALWAYS, .max = INT32_MAX)
#define STATUS \
	FIELD_STRING(struct state, status, "status", .flags = FIELD_REQUIRED, .values = statuses)
#define BUNDLE \
	FIELD_STRING(struct state, bundle, "bundle", .flags = FIELD_REQUIRED | FIELD_ABSOLUTE)
#define ROOTFS	    FIELD_STRING(struct state, rootfs, "rootfs")
#define CREATED	    FIELD_STRING(struct state, created, "created")
#define ANNOTATIONS FIELD_STRING_MAP(struct state, annotations, "annotations")
#define OWNER	    FIELD_STRING(struct state, owner, "owner", .flags = FIELD_ALWAYS)

static const struct field oom_fields[] = {
	FIELD_U64(struct state_oom, kills, "kills"),
	FIELD_U64(struct state_oom, limit, "limit"),
	FIELD_U64(struct state_oom, peak, "peak"),
};
static const struct table oom_table = TABLE(oom_fields);

static const struct field public_fields[] = {
	OCI_VERSION, ID,      PID,	   STATUS, BUNDLE,
	ROOTFS,	     CREATED, ANNOTATIONS, OWNER,  FIELD_OBJECT_PTR(struct state, oom, "oom", oom_table),
};
static const struct table public_table = TABLE(public_fields);

static const struct field record_part_fields[] = {
	FIELD_U32(struct state_record, version, "version", .flags = FIELD_REQUIRED, .min = 1,
		  .max = STATE_RECORD_VERSION),
	FIELD_STRING(struct state_record, cgroup, "cgroup"),
	FIELD_STRING(struct state_record, unit, "systemdUnit"),
	FIELD_BOOL(struct state_record, user_unit, "systemdUser"),
	FIELD_U64(struct state_record, cgroup_inode, "cgroupInode"),
	FIELD_STRING(struct state_record, boot_id, "bootId"),
	FIELD_U64(struct state_record, start_time, "startTime"),
	FIELD_I64(struct state_record, creator_pid, "creatorPid", .max = INT32_MAX),
	FIELD_U64(struct state_record, creator_start_time, "creatorStartTime"),
	FIELD_BOOL(struct state_record, has_hooks, "hasHooks"),
	FIELD_BOOL(struct state_record, own_pid_namespace, "ownPidNamespace"),
};
static const struct table record_part_table = TABLE(record_part_fields);

static const struct field record_fields[] = {
	OCI_VERSION,
	ID,
	PID,
	STATUS,
	BUNDLE,
	ROOTFS,
	CREATED,
	ANNOTATIONS,
	OWNER,
	FIELD_OBJECT(struct state, record, "hoy", record_part_table, .flags = FIELD_REQUIRED),
};
static const struct table record_table = TABLE(record_fields);

/* The hooks' form, cut at the pid. */
static const struct field hook_head_fields[] = {OCI_VERSION, ID, STATUS};
static const struct table hook_head_table = TABLE(hook_head_fields);
static const struct field hook_tail_fields[] = {BUNDLE, ANNOTATIONS};
static const struct table hook_tail_table = TABLE(hook_tail_fields);

int state_parse(const char *text, size_t len, const char *doc, struct arena *a,
		const struct state **ret, struct error *err)
{
	struct state *s = arena_alloc(a, sizeof(*s));
	const struct json *tree;
	int r;

	r = json_parse(text, len, a, &tree, err);
	if (r == 0)
		r = table_read(&record_table, tree, s, a, err);
	if (r < 0) {
		error_doc(err, doc);
		return r;
	}
	if (!s->owner)
		s->owner = "";
	*ret = s;
	return 0;
}

void state_write_record(const struct state *s, struct text *out)
{
	table_write(&record_table, s, true, out);
	text_add(out, "\n");
}

void state_write_public(const struct state *s, struct text *out)
{
	table_write(&public_table, s, true, out);
	text_add(out, "\n");
}

void state_write_public_compact(const struct state *s, struct text *out)
{
	table_write(&public_table, s, false, out);
}

void state_write_hook(const struct state *s, struct text *before_pid, struct text *after_pid)
{
	struct text tail = TEXT_INIT;

	table_write(&hook_head_table, s, false, before_pid);
	before_pid->s[--before_pid->len] = '\0'; /* the brace: the object goes on */
	text_add(before_pid, ",\"pid\":");

	table_write(&hook_tail_table, s, false, &tail);
	text_add(after_pid, ",");
	text_add(after_pid, tail.s + 1); /* without its brace, for the same reason */
	text_free(&tail);
}
