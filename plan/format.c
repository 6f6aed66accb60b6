/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/format.h"

#include <errno.h>
#include <string.h>

static const struct plan_op_info op_infos[OP_COUNT] = {
	[OP_NONE] = {"none", ""},
	[OP_CGROUP_MAKE] = {"cgroup-make", "ssuuu"},
	[OP_SCOPE_MAKE] = {"scope-make", "ssuvsuuu"},
	[OP_CGROUP_SET] = {"cgroup-set", "ssSSu"},
	[OP_DEVICE_FILTER] = {"device-filter", "bs"},
	[OP_OPEN_PROC] = {"open-proc", "f"},
	[OP_OPEN_ROOT] = {"open-root", "fsxu"},
	[OP_OPEN_OVERLAY] = {"open-overlay", "fvxs"},
	[OP_OPEN_SOURCE] = {"open-source", "fsxxu"},
	[OP_OPEN_DEVICE] = {"open-device", "fsouuu"},
	[OP_OPEN_NS] = {"open-namespace", "fssxS"},
	[OP_TIME] = {"time-offsets", "s"},
	[OP_CLONE] = {"clone", "xx"},
	[OP_WRITE_MAP] = {"write-map", "ss"},
	[OP_OOM_SCORE] = {"oom-score", "d"},
	[OP_HOOK] = {"hook", "ssvVuss"},
	[OP_BARRIER] = {"barrier", "u"},
	[OP_JOIN] = {"join", "fx"},
	[OP_BECOME_ROOT] = {"become-root", ""},
	[OP_PROPAGATION] = {"propagation", "x"},
	[OP_TAKE_TREE] = {"take-tree", "fsu"},
	[OP_ROOT_ATTACH] = {"root-attach", "FSu"},
	[OP_MOUNT_NEW] = {"mount", "sSsvbxxx"},
	[OP_MOUNT_BIND] = {"bind", "fsxxxxxx"},
	[OP_MOUNT_CHANGE] = {"remount", "svbxxx"},
	[OP_DEV_STAGE] = {"dev-stage", ""},
	[OP_DEVICE_NODE] = {"device", "souuuuu"},
	[OP_DEVICE_BIND] = {"device-bind", "fsouu"},
	[OP_DEV_UNSTAGE] = {"dev-unstage", ""},
	[OP_DEV_LINK] = {"dev-link", "ssu"},
	[OP_ROOT_PIVOT] = {"pivot", "u"},
	[OP_ROOT_PROPAGATION] = {"root-propagation", "x"},
	[OP_MASK] = {"mask", "s"},
	[OP_READONLY] = {"readonly", "s"},
	[OP_ROOT_READONLY] = {"root-readonly", ""},
	[OP_TERMINAL] = {"terminal", "uuuu"},
	[OP_LOOPBACK] = {"loopback", ""},
	[OP_SYSCTL] = {"sysctl", "ss"},
	[OP_HOSTNAME] = {"hostname", "s"},
	[OP_DOMAINNAME] = {"domainname", "s"},
	[OP_SETSID] = {"setsid", ""},
	[OP_KEYRING] = {"keyring", "s"},
	[OP_RLIMIT] = {"rlimit", "suuu"},
	[OP_PERSONALITY] = {"personality", "x"},
	[OP_SCHEDULER] = {"scheduler", "suxdduuu"},
	[OP_IO_PRIORITY] = {"io-priority", "sx"},
	[OP_AFFINITY] = {"affinity", "SB"},
	[OP_EXEC_AFFINITY] = {"exec-affinity", "SS"},
	[OP_MAKE_CWD] = {"make-cwd", "s"},
	[OP_UMASK] = {"umask", "o"},
	[OP_CAP_BOUNDING] = {"cap-bounding", "xs"},
	[OP_SECCOMP] = {"seccomp", "bxs"},
	[OP_USER] = {"user", "uuB"},
	[OP_CAPS] = {"caps", "xxxxs"},
	[OP_NO_NEW_PRIVS] = {"no-new-privs", ""},
	[OP_CWD] = {"cwd", "s"},
	[OP_HOME] = {"home", "u"},
	[OP_LOOKUP] = {"lookup", "ss"},
	[OP_CLOSE_FDS] = {"close-fds", "u"},
	[OP_EXEC] = {"exec", "vV"},
};

const struct plan_op_info *plan_op_info(unsigned code)
{
	return &op_infos[code];
}

/* The region in which data may lie: behind the header, before the operations. */
static bool in_data(const struct plan_header *h, uint64_t offset, uint64_t len)
{
	return offset >= sizeof(*h) && offset <= h->ops_offset && len <= h->ops_offset - offset;
}

static bool string_ok(const struct plan_header *h, uint64_t offset)
{
	const char *base = (const char *)h;

	return in_data(h, offset, 1) &&
	       memchr(base + offset, 0, (size_t)(h->ops_offset - offset)) != NULL;
}

static bool word_at(const struct plan_header *h, uint64_t offset, uint64_t *ret)
{
	if (offset % 8 || !in_data(h, offset, 8))
		return false;
	memcpy(ret, (const char *)h + offset, 8);
	return true;
}

static bool vector_ok(const struct plan_header *h, uint64_t offset)
{
	uint64_t n, i, s;

	if (!word_at(h, offset, &n) || n > PLAN_SIZE_MAX / 8)
		return false;
	if (!in_data(h, offset, (n + 3) * 8))
		return false;
	for (i = 0; i < n; i++)
		if (!word_at(h, offset + 8 + i * 8, &s) || !string_ok(h, s))
			return false;
	return word_at(h, offset + 8 + n * 8, &s) && s == 0;
}

static bool blob_ok(const struct plan_header *h, uint64_t offset)
{
	uint64_t n;

	return word_at(h, offset, &n) && n <= PLAN_SIZE_MAX && in_data(h, offset, n + 8);
}

static bool arg_ok(const struct plan_header *h, char type, uint64_t v)
{
	switch (type) {
	case 'S':
		return v == 0 || string_ok(h, v);
	case 's':
		return string_ok(h, v);
	case 'V':
		return v == 0 || vector_ok(h, v);
	case 'v':
		return vector_ok(h, v);
	case 'B':
		return v == 0 || blob_ok(h, v);
	case 'b':
		return blob_ok(h, v);
	case 'F':
		return v == SLOT_NONE || v < h->slots;
	case 'f':
		return v < h->slots;
	default:
		return true;
	}
}

static bool op_ok(const struct plan_header *h, const struct plan_op *op)
{
	const char *sig;
	unsigned i;

	if (op->code == OP_NONE || op->code >= OP_COUNT)
		return false;
	if (op->actor < ACTOR_PARENT || op->actor > ACTOR_BOTH)
		return false;
	if (op->field && !string_ok(h, op->field))
		return false;
	sig = op_infos[op->code].signature;
	for (i = 0; sig[i]; i++)
		if (!arg_ok(h, sig[i], op->arg[i]))
			return false;
	return true;
}

int plan_check(const void *buf, size_t size)
{
	const struct plan_header *h = buf;
	unsigned n;

	if (size < sizeof(*h) || size > PLAN_SIZE_MAX || h->magic != PLAN_MAGIC)
		return -EINVAL;
	if (h->version != PLAN_VERSION)
		return -EPROTO;
	if (h->size != size || h->ops_offset % 8 || h->ops_offset < sizeof(*h) ||
	    h->ops_offset > size || (size - h->ops_offset) / sizeof(struct plan_op) != h->ops ||
	    (size - h->ops_offset) % sizeof(struct plan_op) || h->slots > SLOT_MAX)
		return -EINVAL;
	if (h->doc && !string_ok(h, h->doc))
		return -EINVAL;
	for (n = 1; n <= h->ops; n++)
		if (!op_ok(h, plan_op(buf, n)))
			return -EINVAL;
	return 0;
}

const void *plan_blob(const void *buf, uint64_t offset, size_t *len)
{
	uint64_t n;

	*len = 0;
	if (!offset)
		return NULL;
	memcpy(&n, (const char *)buf + offset, 8);
	*len = (size_t)n;
	return (const char *)buf + offset + 8;
}

size_t plan_vector_count(const void *buf, uint64_t offset)
{
	uint64_t n = 0;

	if (offset)
		memcpy(&n, (const char *)buf + offset, 8);
	return (size_t)n;
}

const char *plan_vector_string(const void *buf, uint64_t offset, size_t i)
{
	uint64_t s;

	memcpy(&s, (const char *)buf + offset + 8 + i * 8, 8);
	return (const char *)buf + s;
}

char **plan_vector_relocate(void *buf, uint64_t offset)
{
	char *base = buf;
	uint64_t n = plan_vector_count(buf, offset), i;
	/* Vectors are aligned to 8 in a page-aligned mapping (vector_ok). */
	uint64_t *word = (uint64_t *)(void *)(base + offset + 8);
	char **v = (char **)(void *)word;

	_Static_assert(sizeof(char *) == sizeof(uint64_t), "pointers take the offsets' place");
	for (i = 0; i < n; i++)
		v[i] = base + word[i];
	v[n] = NULL;
	return v;
}
