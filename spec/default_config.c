/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/default_config.h"

#include "base/arena.h"
#include "spec/config.h"
#include "spec/tables.h"

#define LIST(...)                                                                              \
	{                                                                                      \
		sizeof((const char *[]){__VA_ARGS__}) / sizeof(const char *), (const char *[]) \
		{                                                                              \
			__VA_ARGS__, NULL                                                      \
		}                                                                              \
	}
#define ENTRIES(array)                                      \
	{                                                   \
		sizeof(array) / sizeof((array)[0]), (array) \
	}

static struct mount mounts[] = {
	{.destination = "/proc", .type = "proc", .source = "proc"},
	{.destination = "/dev",
	 .type = "tmpfs",
	 .source = "tmpfs",
	 .options = LIST("nosuid", "strictatime", "mode=755", "size=65536k")},
	{.destination = "/dev/pts",
	 .type = "devpts",
	 .source = "devpts",
	 .options = LIST("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5")},
	{.destination = "/dev/shm",
	 .type = "tmpfs",
	 .source = "shm",
	 .options = LIST("nosuid", "noexec", "nodev", "mode=1777", "size=65536k")},
	{.destination = "/dev/mqueue",
	 .type = "mqueue",
	 .source = "mqueue",
	 .options = LIST("nosuid", "noexec", "nodev")},
	{.destination = "/sys",
	 .type = "sysfs",
	 .source = "sysfs",
	 .options = LIST("nosuid", "noexec", "nodev", "ro")},
	{.destination = "/sys/fs/cgroup",
	 .type = "cgroup",
	 .source = "cgroup",
	 .options = LIST("nosuid", "noexec", "nodev", "relatime", "ro")},
};

/* Group 5 is not mapped for a user without privilege; sysfs can't be mounted in the network
 * namespace of the host. */
static struct mount rootless_pts = {
	.destination = "/dev/pts",
	.type = "devpts",
	.source = "devpts",
	.options = LIST("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620")};
static struct mount rootless_sys = {.destination = "/sys",
				    .type = "none",
				    .source = "/sys",
				    .options = LIST("rbind", "nosuid", "noexec", "nodev", "ro")};

enum { MOUNT_PTS = 2, MOUNT_SYS = 5, MOUNTS = sizeof(mounts) / sizeof(mounts[0]) };

static struct namespace namespaces[] = {{.type = "pid"}, {.type = "network"}, {.type = "ipc"},
					{.type = "uts"}, {.type = "mount"},   {.type = "cgroup"}};
static struct namespace rootless_namespaces[] = {{.type = "pid"},    {.type = "ipc"},
						 {.type = "uts"},    {.type = "mount"},
						 {.type = "cgroup"}, {.type = "user"}};

#define DEFAULT_CAPABILITIES LIST("CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE")

/* No inheritable and ambient capabilities: nothing asked for them (CVE-2022-24769). */
static struct capabilities capabilities = {.bounding = DEFAULT_CAPABILITIES,
					   .effective = DEFAULT_CAPABILITIES,
					   .permitted = DEFAULT_CAPABILITIES};
static struct process_rlimit rlimits[] = {{.type = "RLIMIT_NOFILE", .hard = 1024, .soft = 1024}};
static struct device_rule device_rules[] = {{.allow = false, .access = "rwm"}};

static struct process process = {
	.args = LIST("sh"),
	.env = LIST("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		    "TERM=xterm"),
	.cwd = "/",
	.capabilities = &capabilities,
	.rlimits = ENTRIES(rlimits),
	.no_new_privileges = true};
static struct root root = {.path = "rootfs", .readonly = true};
static struct resources resources = {.has_devices = true, .devices = ENTRIES(device_rules)};

static struct linux_config linux_conf = {
	.namespaces = ENTRIES(namespaces),
	.resources = &resources,
	.masked_paths = LIST("/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys",
			     "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
			     "/proc/sched_debug", "/sys/firmware", "/proc/scsi"),
	.readonly_paths =
		LIST("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")};

void default_config_write(const struct default_config_options *o, struct text *out)
{
	struct id_mapping uid = {0, o->uid, 1}, gid = {0, o->gid, 1};
	struct mount own_mounts[MOUNTS];
	struct linux_config l = linux_conf;
	struct config c = {.oci_version = "1.3.0",
			   .process = &process,
			   .root = &root,
			   .hostname = "hoy",
			   .mounts = {MOUNTS, own_mounts},
			   .linux_conf = &l};

	for (size_t i = 0; i < MOUNTS; i++)
		own_mounts[i] = mounts[i];
	if (o->rootless) {
		own_mounts[MOUNT_PTS] = rootless_pts;
		own_mounts[MOUNT_SYS] = rootless_sys;
		l.namespaces = (struct namespaces)ENTRIES(rootless_namespaces);
		l.uid_mappings = (struct id_mappings){1, &uid};
		l.gid_mappings = (struct id_mappings){1, &gid};
		l.resources = NULL;
	}
	table_write(&config_table, &c, true, out);
	text_add(out, "\n");
}
