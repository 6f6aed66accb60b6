/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of config.json's portable part (config.md), and config_parse(). The tables of `linux`
 * are in config_linux.c.
 *
 * What one value may hold is said here; what two values mean together is in rules.c.
 */
#include "spec/config.h"

#include "spec/json.h"
#include "spec/names.h"
#include "spec/refused.h"
#include "spec/rules.h"
#include "spec/tables.h"

#define ID_MAX	     4294967294U /* 4294967295 is (uid_t)-1, "no id" to the kernel */
#define UMASK_MAX    0777
#define HOOK_SECONDS 9223372036LL /* what nanoseconds in 64 bits hold */

static const struct field root_fields[] = {
	FIELD_STRING(struct root, path, "path", .flags = FIELD_REQUIRED | FIELD_NONEMPTY),
	FIELD_BOOL(struct root, readonly, "readonly"),
};
static const struct table root_table = TABLE(root_fields);

static const struct field id_mapping_fields[] = {
	FIELD_U32(struct id_mapping, container_id, "containerID", .flags = FIELD_REQUIRED,
		  .max = ID_MAX),
	FIELD_U32(struct id_mapping, host_id, "hostID", .flags = FIELD_REQUIRED, .max = ID_MAX),
	FIELD_U32(struct id_mapping, size, "size", .flags = FIELD_REQUIRED, .min = 1,
		  .max = UINT32_MAX),
};
const struct table id_mapping_table = TABLE(id_mapping_fields);

static const struct field mount_fields[] = {
	FIELD_STRING(struct mount, destination, "destination",
		     .flags = FIELD_REQUIRED | FIELD_NONEMPTY),
	FIELD_STRING(struct mount, type, "type"),
	FIELD_STRING(struct mount, source, "source"),
	FIELD_STRINGS(struct mount, options, "options"),
	FIELD_LIST(struct mount, uid_mappings, "uidMappings", id_mapping_table),
	FIELD_LIST(struct mount, gid_mappings, "gidMappings", id_mapping_table),
};
static const struct table mount_table = TABLE(mount_fields);

static const struct field hook_fields[] = {
	FIELD_STRING(struct hook, path, "path", .flags = FIELD_REQUIRED | FIELD_ABSOLUTE),
	FIELD_STRINGS(struct hook, args, "args"),
	FIELD_STRINGS_PTR(struct hook, env, "env"),
	FIELD_I64_PTR(struct hook, timeout, "timeout", .min = 1, .max = HOOK_SECONDS),
};
static const struct table hook_table = TABLE(hook_fields);

static const struct field hooks_fields[] = {
	FIELD_LIST(struct hooks, prestart, "prestart", hook_table),
	FIELD_LIST(struct hooks, create_runtime, "createRuntime", hook_table),
	FIELD_LIST(struct hooks, create_container, "createContainer", hook_table),
	FIELD_LIST(struct hooks, start_container, "startContainer", hook_table),
	FIELD_LIST(struct hooks, poststart, "poststart", hook_table),
	FIELD_LIST(struct hooks, poststop, "poststop", hook_table),
};
const struct table hooks_table = TABLE(hooks_fields);

static const struct field console_size_fields[] = {
	FIELD_U64(struct console_size, height, "height", .flags = FIELD_REQUIRED),
	FIELD_U64(struct console_size, width, "width", .flags = FIELD_REQUIRED),
};
static const struct table console_size_table = TABLE(console_size_fields);

static const struct field user_fields[] = {
	FIELD_U32(struct user, uid, "uid", .flags = FIELD_ALWAYS, .max = ID_MAX),
	FIELD_U32(struct user, gid, "gid", .flags = FIELD_ALWAYS, .max = ID_MAX),
	FIELD_U32_PTR(struct user, umask, "umask", .max = UMASK_MAX),
	FIELD_U32_LIST(struct user, additional_gids, "additionalGids", .max = ID_MAX),
	FIELD_STRING(struct user, username, "username"),
};
static const struct table user_table = TABLE(user_fields);

static const struct field capabilities_fields[] = {
	FIELD_STRINGS(struct capabilities, bounding, "bounding"),
	FIELD_STRINGS(struct capabilities, effective, "effective"),
	FIELD_STRINGS(struct capabilities, inheritable, "inheritable"),
	FIELD_STRINGS(struct capabilities, permitted, "permitted"),
	FIELD_STRINGS(struct capabilities, ambient, "ambient"),
};
static const struct table capabilities_table = TABLE(capabilities_fields);

static const struct field rlimit_fields[] = {
	FIELD_STRING(struct process_rlimit, type, "type", .flags = FIELD_REQUIRED, .values = rlimit_names),
	FIELD_U64(struct process_rlimit, hard, "hard", .flags = FIELD_REQUIRED),
	FIELD_U64(struct process_rlimit, soft, "soft", .flags = FIELD_REQUIRED),
};
static const struct table rlimit_table = TABLE(rlimit_fields);

static const char *const scheduler_policies[] = {"SCHED_OTHER",	   "SCHED_FIFO", "SCHED_RR",
						 "SCHED_BATCH",	   "SCHED_ISO",	 "SCHED_IDLE",
						 "SCHED_DEADLINE", NULL};
static const char *const scheduler_flags[] = {
	"SCHED_FLAG_RESET_ON_FORK",  "SCHED_FLAG_RECLAIM",
	"SCHED_FLAG_DL_OVERRUN",     "SCHED_FLAG_KEEP_POLICY",
	"SCHED_FLAG_KEEP_PARAMS",    "SCHED_FLAG_UTIL_CLAMP_MIN",
	"SCHED_FLAG_UTIL_CLAMP_MAX", NULL};

static const struct field scheduler_fields[] = {
	FIELD_STRING(struct scheduler, policy, "policy", .flags = FIELD_REQUIRED,
		     .values = scheduler_policies),
	FIELD_I32_PTR(struct scheduler, nice, "nice", .min = -20, .max = 19),
	FIELD_I32_PTR(struct scheduler, priority, "priority", .max = 99),
	FIELD_STRINGS(struct scheduler, flags, "flags", .values = scheduler_flags),
	FIELD_U64_PTR(struct scheduler, runtime, "runtime"),
	FIELD_U64_PTR(struct scheduler, deadline, "deadline"),
	FIELD_U64_PTR(struct scheduler, period, "period"),
};
static const struct table scheduler_table = TABLE(scheduler_fields);

static const char *const io_classes[] = {"IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE",
					 NULL};

static const struct field io_priority_fields[] = {
	FIELD_STRING(struct io_priority, class, "class", .flags = FIELD_REQUIRED,
		     .values = io_classes),
	FIELD_I32_PTR(struct io_priority, priority, "priority", .max = 7),
};
static const struct table io_priority_table = TABLE(io_priority_fields);

static const struct field cpu_affinity_fields[] = {
	FIELD_STRING(struct cpu_affinity, initial, "initial"),
	FIELD_STRING(struct cpu_affinity, final, "final"),
};
static const struct table cpu_affinity_table = TABLE(cpu_affinity_fields);

static const struct field process_fields[] = {
	FIELD_BOOL(struct process, terminal, "terminal", .flags = FIELD_ALWAYS),
	FIELD_OBJECT_PTR(struct process, console_size, "consoleSize", console_size_table),
	FIELD_OBJECT(struct process, user, "user", user_table, .flags = FIELD_ALWAYS),
	FIELD_STRINGS(struct process, args, "args"),
	FIELD_STRINGS(struct process, env, "env"),
	FIELD_STRING(struct process, cwd, "cwd", .flags = FIELD_REQUIRED | FIELD_ABSOLUTE),
	FIELD_OBJECT_PTR(struct process, capabilities, "capabilities", capabilities_table),
	FIELD_LIST(struct process, rlimits, "rlimits", rlimit_table),
	FIELD_BOOL(struct process, no_new_privileges, "noNewPrivileges"),
	FIELD_STRING(struct process, apparmor_profile, "apparmorProfile"),
	FIELD_I64_PTR(struct process, oom_score_adj, "oomScoreAdj", .min = -1000, .max = 1000),
	FIELD_OBJECT_PTR(struct process, scheduler, "scheduler", scheduler_table),
	FIELD_STRING(struct process, selinux_label, "selinuxLabel"),
	FIELD_OBJECT_PTR(struct process, io_priority, "ioPriority", io_priority_table),
	FIELD_OBJECT_PTR(struct process, exec_cpu_affinity, "execCPUAffinity", cpu_affinity_table),
};
const struct table process_table = TABLE(process_fields);

static const struct field config_fields[] = {
	FIELD_STRING(struct config, oci_version, "ociVersion", .flags = FIELD_REQUIRED),
	FIELD_OBJECT_PTR(struct config, process, "process", process_table),
	FIELD_OBJECT_PTR(struct config, root, "root", root_table, .flags = FIELD_REQUIRED),
	FIELD_STRING(struct config, hostname, "hostname"),
	FIELD_STRING(struct config, domainname, "domainname"),
	FIELD_LIST(struct config, mounts, "mounts", mount_table),
	FIELD_OBJECT(struct config, hooks, "hooks", hooks_table),
	FIELD_STRING_MAP(struct config, annotations, "annotations"),
	FIELD_OBJECT_PTR(struct config, linux_conf, "linux", linux_table),
};
const struct table config_table = TABLE(config_fields);

int config_parse(const char *text, size_t len, const char *doc, struct arena *a,
		 struct warnings *warn, const struct config **ret, struct error *err)
{
	struct config *c = arena_alloc(a, sizeof(*c));
	const struct json *tree;
	int r;

	r = json_parse(text, len, a, &tree, err);
	if (r == 0)
		r = table_read(&config_table, tree, c, a, err);
	if (!c->linux_conf)
		c->linux_conf = arena_alloc(a, sizeof(*c->linux_conf));
	if (r == 0)
		r = rules_apply_config(c, a, warn, err);
	if (r == 0)
		r = refused_check(&config_table, c, "", err);
	if (r == 0)
		*ret = c;
	else
		error_doc(err, doc);
	return r;
}

int process_parse(const char *text, size_t len, const char *doc, struct arena *a,
		  struct warnings *warn, const struct process **ret, struct error *err)
{
	struct process *p = arena_alloc(a, sizeof(*p));
	const struct json *tree;
	int r;

	r = json_parse(text, len, a, &tree, err);
	if (r == 0)
		r = table_read(&process_table, tree, p, a, err);
	if (r == 0)
		r = rules_apply_process(p, "", a, warn, err);
	if (r == 0)
		r = refused_check(&process_table, p, "process.", err);
	if (r == 0)
		*ret = p;
	else
		error_doc(err, doc);
	return r;
}

int resources_parse(const char *text, size_t len, const char *doc, struct arena *a,
		    struct resources **ret, struct error *err)
{
	struct resources *res = arena_alloc(a, sizeof(*res));
	const struct json *tree;
	int r;

	r = json_parse(text, len, a, &tree, err);
	if (r == 0)
		r = table_read(&resources_table, tree, res, a, err);
	if (r == 0)
		r = rules_apply_resources(res, "", err);
	if (r == 0)
		*ret = res;
	else
		error_doc(err, doc);
	return r;
}

void config_write(const struct config *c, struct text *out)
{
	table_write(&config_table, c, false, out);
	text_add(out, "\n");
}
