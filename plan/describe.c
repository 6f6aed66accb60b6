/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/describe.h"

#include <sys/stat.h>
#include <inttypes.h>

#include "base/sys.h"

struct flag_name {
	uint64_t flag;
	const char *name;
};

static void flags_text(uint64_t flags, const struct flag_name *names, const char *between,
		       struct text *out)
{
	const char *sep = "";

	for (; names->name; names++) {
		if (!(flags & names->flag))
			continue;
		text_addf(out, "%s%s", sep, names->name);
		sep = between;
	}
}

void plan_namespaces_text(uint64_t flags, struct text *out)
{
	static const struct flag_name names[] = {
		{CLONE_NEWUSER, "user"},     {CLONE_NEWNS, "mount"}, {CLONE_NEWPID, "pid"},
		{CLONE_NEWNET, "network"},   {CLONE_NEWIPC, "ipc"},  {CLONE_NEWUTS, "uts"},
		{CLONE_NEWCGROUP, "cgroup"}, {CLONE_NEWTIME, "time"}, {0, NULL},
	};

	flags_text(flags, names, ", ", out);
}

void plan_propagation_text(uint64_t propagation, struct text *out)
{
	static const struct flag_name names[] = {
		{SYS_MS_SHARED, "shared"},
		{SYS_MS_SLAVE, "slave"},
		{SYS_MS_PRIVATE, "private"},
		{SYS_MS_UNBINDABLE, "unbindable"},
		{0, NULL},
	};

	if ((propagation >> 32) & AT_RECURSIVE)
		text_add(out, "r");
	flags_text(propagation & 0xffffffff, names, " ", out);
}

static const struct flag_name attr_names[] = {
	{MOUNT_ATTR_RDONLY, "ro"},	     {MOUNT_ATTR_NOSUID, "nosuid"},
	{MOUNT_ATTR_NODEV, "nodev"},	     {MOUNT_ATTR_NOEXEC, "noexec"},
	{MOUNT_ATTR_NOATIME, "noatime"},     {MOUNT_ATTR_STRICTATIME, "strictatime"},
	{MOUNT_ATTR_NODIRATIME, "nodiratime"}, {MOUNT_ATTR_NOSYMFOLLOW, "nosymfollow"},
	{0, NULL},
};

static const struct flag_name clear_names[] = {
	{MOUNT_ATTR_RDONLY, "rw"},	   {MOUNT_ATTR_NOSUID, "suid"},
	{MOUNT_ATTR_NODEV, "dev"},	   {MOUNT_ATTR_NOEXEC, "exec"},
	{MOUNT_ATTR_NODIRATIME, "diratime"}, {MOUNT_ATTR_NOSYMFOLLOW, "symfollow"},
	{0, NULL},
};

/* " (ro, nosuid; r: noexec)", or nothing. */
static void attrs_text(uint64_t set, uint64_t clear, uint64_t rset, uint64_t rclear,
		       struct text *out)
{
	struct text t = TEXT_INIT;
	const struct {
		uint64_t flags;
		const struct flag_name *names;
		const char *before;
	} parts[] = {
		{set, attr_names, ""},
		{clear, clear_names, ""},
		{rset, attr_names, "recursively "},
		{rclear, clear_names, "recursively "},
	};
	unsigned i;

	for (i = 0; i < 4; i++) {
		struct text one = TEXT_INIT;

		flags_text(parts[i].flags, parts[i].names, ", ", &one);
		if (one.len)
			text_addf(&t, "%s%s%s", t.len ? ", " : "", parts[i].before, one.s);
		text_free(&one);
	}
	if (t.len)
		text_addf(out, " (%s)", t.s);
	text_free(&t);
}

static void vector_text(const void *plan, uint64_t vector, const char *between, struct text *out)
{
	size_t n = plan_vector_count(plan, vector), i;

	for (i = 0; i < n; i++)
		text_addf(out, "%s%s", i ? between : "", plan_vector_string(plan, vector, i));
}

static void propagation_suffix(uint64_t propagation, struct text *out)
{
	if (!propagation)
		return;
	text_add(out, ", ");
	plan_propagation_text(propagation, out);
}

static void mount_text(const void *plan, const struct plan_op *op, struct text *out)
{
	text_addf(out, "mount %s on %s", plan_string(plan, op->arg[0]),
		  plan_string(plan, op->arg[2]));
	if (plan_vector_count(plan, op->arg[3])) {
		text_add(out, " with ");
		vector_text(plan, op->arg[3], ",", out);
	}
	attrs_text(op->arg[5], 0, 0, 0, out);
	propagation_suffix(op->arg[6], out);
	if (op->arg[7] & MOUNT_FLAG_COPYUP)
		text_add(out, ", its content copied up");
	if (op->arg[7] & MOUNT_FLAG_RO_LATER)
		text_add(out, ", then read-only");
}

/* Hundreds of layers are a number. */
static void overlay_text(const void *plan, const struct plan_op *op, struct text *out)
{
	size_t n = plan_vector_count(plan, op->arg[1]), layers = 0, i;
	bool other = false;

	for (i = 0; i < n; i++)
		layers += starts_with(plan_vector_string(plan, op->arg[1], i), "lowerdir+=");
	text_addf(out, "mount an overlay of %zu layer%s", layers, layers == 1 ? "" : "s");
	for (i = 0; i < n; i++) {
		const char *option = plan_vector_string(plan, op->arg[1], i);

		if (starts_with(option, "lowerdir+="))
			continue;
		text_add(out, other ? "," : " with ");
		text_add(out, option);
		other = true;
	}
	attrs_text(op->arg[2], 0, 0, 0, out);
}

/* Lines as a list: "0 1000 1, 1 2000 5". */
static void lines_text(const char *s, struct text *out)
{
	for (; *s; s++) {
		if (*s != '\n')
			text_add_bytes(out, s, 1);
		else if (s[1])
			text_add(out, ", ");
	}
}

/* What the parent has opened as this slot. */
static void source_text(const void *plan, uint64_t slot, struct text *out)
{
	unsigned n;

	for (n = 1; n <= plan_header(plan)->ops; n++) {
		const struct plan_op *op = plan_op(plan, n);

		if (op->code == OP_OPEN_SOURCE && op->arg[0] == slot) {
			text_add(out, plan_string(plan, op->arg[1]));
			return;
		}
	}
	text_addf(out, "slot %" PRIu64, slot);
}

static char type_letter(uint64_t mode)
{
	return S_ISBLK((mode_t)mode) ? 'b' : S_ISFIFO((mode_t)mode) ? 'p' : 'c';
}

const char *plan_actor_name(unsigned actor)
{
	static const char *const names[] = {
		[ACTOR_PARENT] = "parent", [ACTOR_WALKER] = "walker", [ACTOR_BOTH] = "both"};

	return names[actor];
}

const char *plan_barrier_name(unsigned barrier)
{
	static const char *const names[] = {
		[BARRIER_MAPS] = "maps",   [BARRIER_MOUNTS] = "mounts", [BARRIER_HOOKS] = "hooks",
		[BARRIER_CGROUP] = "cgroup", [BARRIER_READY] = "ready", [BARRIER_START] = "start",
		[BARRIER_NOTIFY] = "notify",
	};

	return barrier >= BARRIER_MAPS && barrier <= BARRIER_NOTIFY ? names[barrier] : "unknown";
}

/* Operations about the root file system and its mounts. Returns false when op is none. */
static bool describe_root(const void *plan, const struct plan_op *op, struct text *out)
{
	const uint64_t *a = op->arg;

#define STR(i) plan_string(plan, a[i])
	switch (op->code) {
	case OP_TAKE_TREE:
		text_addf(out, "clone %s in the new mount namespace", STR(1));
		break;
	case OP_OPEN_ROOT:
		text_addf(out, "%s the root file system %s", a[3] ? "open" : "clone", STR(1));
		break;
	case OP_OPEN_OVERLAY:
		overlay_text(plan, op, out);
		break;
	case OP_OPEN_SOURCE:
		text_addf(out, "%s %s%s", a[4] ? "open" : "clone", STR(1),
			  a[2] ? " and what is mounted below it" : "");
		break;
	case OP_OPEN_DEVICE:
		text_addf(out, "open the device %s (%c %" PRIu64 ":%" PRIu64 ")", STR(1),
			  type_letter(a[2]), a[3], a[4]);
		break;
	case OP_PROPAGATION:
		text_add(out, "make all mounts ");
		plan_propagation_text(a[0], out);
		break;
	case OP_ROOT_ATTACH:
		if (a[0] == SLOT_NONE)
			text_addf(out, "open the root file system %s", STR(1));
		else
			text_addf(out, "attach the root file system%s%s", STR(1) ? " at " : "",
				  STR(1) ? STR(1) : "");
		break;
	case OP_MOUNT_NEW:
		mount_text(plan, op, out);
		break;
	case OP_MOUNT_BIND:
		text_add(out, "bind ");
		source_text(plan, a[0], out);
		text_addf(out, " on %s", STR(1));
		attrs_text(a[2], a[3], a[4], a[5], out);
		propagation_suffix(a[6], out);
		break;
	case OP_MOUNT_CHANGE:
		text_addf(out, "remount %s", STR(0));
		if (plan_vector_count(plan, a[1])) {
			text_add(out, " with ");
			vector_text(plan, a[1], ",", out);
		}
		attrs_text(a[3], a[4], 0, 0, out);
		propagation_suffix(a[5], out);
		break;
	case OP_DEV_STAGE:
		text_add(out, "mount a tmpfs to make nodes in");
		break;
	case OP_DEV_UNSTAGE:
		text_add(out, "unmount the tmpfs that nodes were made in");
		break;
	case OP_DEVICE_NODE:
		text_addf(out, "make the device %s (%c %" PRIu64 ":%" PRIu64 ", mode %03o)", STR(0),
			  type_letter(a[1]), a[2], a[3], (unsigned)a[1] & 07777);
		break;
	case OP_DEVICE_BIND:
		text_addf(out, "bind the device %s (%c %" PRIu64 ":%" PRIu64 ")", STR(1),
			  type_letter(a[2]), a[3], a[4]);
		break;
	case OP_DEV_LINK:
		text_addf(out, "link %s to %s", STR(0), STR(1));
		break;
	case OP_ROOT_PIVOT:
		text_add(out, a[0] == PIVOT_ROOT   ? "pivot into the root file system"
			      : a[0] == PIVOT_MOVE ? "move into the root file system without pivot"
						   : "chroot into the root file system");
		break;
	case OP_ROOT_PROPAGATION:
		text_add(out, "make the root mount ");
		plan_propagation_text(a[0], out);
		break;
	case OP_MASK:
		text_addf(out, "mask %s", STR(0));
		break;
	case OP_READONLY:
		text_addf(out, "make %s read-only", STR(0));
		break;
	case OP_TERMINAL:
		text_add(out, "make a terminal");
		if (a[0] && a[1])
			text_addf(out, " of %" PRIu64 " by %" PRIu64 " characters", a[0], a[1]);
		if (a[3])
			text_add(out, " and bind it on /dev/console");
		break;
	case OP_ROOT_READONLY:
		text_add(out, "make the root file system read-only");
		break;
	default:
		return false;
	}
	return true;
}

/* Operations about cgroup, namespaces and their kernel state. Returns false when op is none. */
static bool describe_kernel(const void *plan, const struct plan_op *op, struct text *out)
{
	const uint64_t *a = op->arg;

	switch (op->code) {
	case OP_CGROUP_MAKE:
		text_addf(out, "make the cgroup %s", STR(0));
		if (STR(1)[0])
			text_addf(out, " with %s", STR(1));
		if (op->arg[2])
			text_addf(out, ", for user %u:%u to make others below, with every controller",
				  (unsigned)op->arg[3], (unsigned)op->arg[4]);
		break;
	case OP_SCOPE_MAKE:
		text_addf(out, "have %s make the scope %s in %s", a[2] ? "the user's systemd" : "systemd",
			  STR(0), STR(1));
		text_add(out, " with ");
		vector_text(plan, a[3], ", ", out);
		if (STR(4)[0])
			text_addf(out, "; controllers: %s", STR(4));
		if (a[5])
			text_addf(out, "; for user %u:%u to make others below, with every controller",
				  (unsigned)a[6], (unsigned)a[7]);
		break;
	case OP_CGROUP_SET:
		text_addf(out, "write %s to %s", STR(1), STR(0));
		if (op->arg[2])
			text_addf(out, ", or where that is missing %s to %s", STR(3), STR(2));
		if (op->arg[4])
			text_add(out, " where it is there");
		break;
	case OP_DEVICE_FILTER:
		text_addf(out, "attach the device filter: %s", STR(1));
		break;
	case OP_OPEN_PROC:
		text_add(out, "open the runtime's procfs");
		break;
	case OP_OPEN_NS:
		text_addf(out, "open the %s namespace %s", STR(2), STR(1));
		break;
	case OP_TIME:
		text_add(out, "make a time namespace");
		if (STR(0)[0])
			text_add(out, " with offsets: ");
		lines_text(STR(0), out);
		break;
	case OP_CLONE:
		text_add(out, "clone a child into the cgroup");
		if (a[0]) {
			text_add(out, " and new namespaces: ");
			plan_namespaces_text(a[0], out);
		}
		if (a[1]) {
			text_add(out, "; joined: ");
			plan_namespaces_text(a[1], out);
		}
		break;
	case OP_WRITE_MAP:
		text_addf(out, "write %s: ", STR(0));
		lines_text(STR(1), out);
		break;
	case OP_OOM_SCORE:
		text_addf(out, "set oom_score_adj to %" PRId64, (int64_t)a[0]);
		break;
	case OP_HOOK:
		text_addf(out, "run the %s hook %s", STR(0), STR(1));
		break;
	case OP_BARRIER:
		text_addf(out, "barrier %" PRIu64 ": %s", a[0], plan_barrier_name((unsigned)a[0]));
		break;
	case OP_JOIN:
		text_add(out, a[0] == SLOT_TARGET ? "join the container's namespaces: "
						  : "join the namespace by path: ");
		plan_namespaces_text(a[1], out);
		break;
	case OP_BECOME_ROOT:
		text_add(out, "become root of the user namespace");
		break;
	case OP_LOOPBACK:
		text_add(out, "set the loopback interface up");
		break;
	case OP_SYSCTL:
		text_addf(out, "write %s to /proc/%s", STR(1), STR(0));
		break;
	case OP_HOSTNAME:
		text_addf(out, "set the host name %s", STR(0));
		break;
	case OP_DOMAINNAME:
		text_addf(out, "set the domain name %s", STR(0));
		break;
	default:
		return false;
	}
	return true;
}

static void limit_text(uint64_t v, struct text *out)
{
	if (v == UINT64_MAX)
		text_add(out, "unlimited");
	else
		text_addf(out, "%" PRIu64, v);
}

static void describe_process(const void *plan, const struct plan_op *op, struct text *out)
{
	const uint64_t *a = op->arg;

	switch (op->code) {
	case OP_SETSID:
		text_add(out, "begin a session");
		break;
	case OP_KEYRING:
		text_addf(out, "join the session keyring %s", STR(0));
		break;
	case OP_RLIMIT:
		text_addf(out, "limit %s to ", STR(0));
		limit_text(a[2], out);
		text_add(out, ":");
		limit_text(a[3], out);
		break;
	case OP_PERSONALITY:
		text_addf(out, "set the personality %#" PRIx64, a[0]);
		break;
	case OP_SCHEDULER:
		text_addf(out, "schedule as %s, nice %" PRId64 ", priority %" PRId64, STR(0),
			  (int64_t)a[3], (int64_t)a[4]);
		break;
	case OP_IO_PRIORITY:
		text_addf(out, "set the I/O priority %s %" PRIu64, STR(0), a[1] & 7);
		break;
	case OP_AFFINITY:
		text_addf(out, "run on %s%s", STR(0) ? "the CPUs " : "every CPU",
			  STR(0) ? STR(0) : "");
		break;
	case OP_EXEC_AFFINITY:
		text_addf(out, "remember the CPUs for exec: initial %s, final %s",
			  STR(0) ? STR(0) : "any", STR(1) ? STR(1) : "any");
		break;
	case OP_MAKE_CWD:
		text_addf(out, "make the working directory %s where it is missing", STR(0));
		break;
	case OP_UMASK:
		text_addf(out, "set umask %04o", (unsigned)a[0]);
		break;
	case OP_CAP_BOUNDING:
		text_addf(out, "drop capabilities from the bounding set, keep %s", STR(1));
		break;
	case OP_SECCOMP:
		text_addf(out, "load the seccomp filter: %s", STR(2));
		break;
	case OP_USER:
		text_addf(out, "become user %" PRIu64 ":%" PRIu64, a[0], a[1]);
		break;
	case OP_CAPS:
		text_addf(out, "set capabilities: %s", STR(4));
		break;
	case OP_NO_NEW_PRIVS:
		text_add(out, "set no_new_privs");
		break;
	case OP_CWD:
		text_addf(out, "enter the working directory %s", STR(0));
		break;
	case OP_HOME:
		text_addf(out, "set HOME from the container's passwd for uid %" PRIu64, a[0]);
		break;
	case OP_LOOKUP:
		text_addf(out, "exec \"%s\"", STR(0));
		break;
	case OP_CLOSE_FDS:
		text_addf(out, "close descriptors from %" PRIu64, a[0]);
		break;
	case OP_EXEC:
		text_add(out, "exec ");
		vector_text(plan, a[0], " ", out);
		break;
	default:
		text_add(out, plan_op_info(op->code)->name);
		break;
	}
}
#undef STR

void plan_describe(const void *plan, const struct plan_op *op, struct text *out)
{
	if (!describe_root(plan, op, out) && !describe_kernel(plan, op, out))
		describe_process(plan, op, out);
}
