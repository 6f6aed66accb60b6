/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/argument.h"

#include <string.h>

#include "plan/format.h"

/* In their order, a blank between. */
static const char *const names[OP_COUNT] = {
	[OP_CGROUP_MAKE] = "path controllers delegated uid gid",
	[OP_SCOPE_MAKE] = "unit slice user properties controllers delegated uid gid",
	[OP_CGROUP_SET] = "file value other_file other_value optional",
	[OP_DEVICE_FILTER] = "program rules",
	[OP_OPEN_PROC] = "slot",
	[OP_OPEN_ROOT] = "slot path propagation inside",
	[OP_OPEN_OVERLAY] = "slot options attributes scratch",
	[OP_OPEN_SOURCE] = "slot path recursive propagation inside",
	[OP_OPEN_DEVICE] = "slot path type major minor inside",
	[OP_OPEN_NS] = "slot path type flag needed_by",
	[OP_TIME] = "offsets",
	[OP_CLONE] = "namespaces joined",
	[OP_WRITE_MAP] = "file map",
	[OP_OOM_SCORE] = "value",
	[OP_HOOK] = "kind path args env timeout state state_rest",
	[OP_BARRIER] = "number",
	[OP_JOIN] = "slot namespaces",
	[OP_PROPAGATION] = "propagation",
	[OP_TAKE_TREE] = "slot path recursive",
	[OP_ROOT_ATTACH] = "slot path mounted",
	[OP_MOUNT_NEW] = "type source destination options indexes attributes propagation flags",
	[OP_MOUNT_BIND] = "slot destination set clear set_recursive clear_recursive propagation flags",
	[OP_MOUNT_CHANGE] = "destination options indexes set clear propagation",
	[OP_DEVICE_NODE] = "path mode major minor uid gid own_dev",
	[OP_DEVICE_BIND] = "slot path type major minor",
	[OP_DEV_LINK] = "path target own_dev",
	[OP_ROOT_PIVOT] = "mode",
	[OP_ROOT_PROPAGATION] = "propagation",
	[OP_MASK] = "path",
	[OP_READONLY] = "path",
	[OP_TERMINAL] = "width height uid console",
	[OP_SYSCTL] = "file value",
	[OP_HOSTNAME] = "name",
	[OP_DOMAINNAME] = "name",
	[OP_KEYRING] = "name",
	[OP_RLIMIT] = "name resource soft hard",
	[OP_PERSONALITY] = "domain",
	[OP_SCHEDULER] = "name policy flags nice priority runtime deadline period",
	[OP_IO_PRIORITY] = "class value",
	[OP_AFFINITY] = "cpus mask",
	[OP_EXEC_AFFINITY] = "initial final",
	[OP_MAKE_CWD] = "path",
	[OP_UMASK] = "mask",
	[OP_CAP_BOUNDING] = "bounding names",
	[OP_SECCOMP] = "program flags words",
	[OP_USER] = "uid gid groups",
	[OP_CAPS] = "effective permitted inheritable ambient names",
	[OP_CWD] = "path",
	[OP_HOME] = "uid",
	[OP_LOOKUP] = "name search",
	[OP_CLOSE_FDS] = "first",
	[OP_EXEC] = "args env",
};

const char *argument_name(unsigned code, unsigned i, size_t *len)
{
	const char *s = names[code] ? names[code] : "";

	for (; i && *s; i--) {
		s += strcspn(s, " ");
		s += *s == ' ';
	}
	*len = strcspn(s, " ");
	return *len ? s : NULL;
}
