/* SPDX-License-Identifier: Apache-2.0 */
/* The options of `run` and `plan` for images and directories: docker's and podman's names. */
#include "cmd/run_image.h"

#define STRING(m) .offset = OPTION_FIELD(const char *, struct run_command, image.m), .kind = OPTION_STRING
#define PATH(m)	  .offset = OPTION_FIELD(const char *, struct run_command, image.m), .kind = OPTION_PATH
#define FLAG(m)	  .offset = OPTION_FIELD(bool, struct run_command, image.m), .kind = OPTION_FLAG
#define LIST(m) \
	.offset = OPTION_FIELD(struct option_list, struct run_command, image.m), .kind = OPTION_LIST
#define CHOICE(m, words)                                                                          \
	.offset = OPTION_FIELD(unsigned, struct run_command, image.m), .kind = OPTION_CHOICE,     \
	.choices = (words)

/* In the order of enum run_namespace, enum run_image_volume, enum run_pull. */
static const char *const namespaces[] = {"private", "host", NULL};
static const char *const users[] = {"host", NULL};
static const char *const image_volumes[] = {"anonymous", "bind", "tmpfs", "ignore", NULL};
static const char *const pulls[] = {"missing", "always", "never", NULL};

const struct option_spec run_container_table[] = {
	{.name = "", .kind = OPTION_HEADING, .help = "Options for images and directories: the container"},
	{.name = "rootfs", .value = "DIR", PATH(rootfs),
	 .help = "take this directory as the root file system, and no image"},
	{.name = "name", .value = "NAME", STRING(name),
	 .help = "by which every command knows the container; without it hoy finds one"},
	{.name = "rm", FLAG(rm), .help = "remove the container when it has ended"},
	{.name = "interactive", .letter = 'i', FLAG(interactive),
	 .help = "give it the caller's standard input, which is empty otherwise"},
	{.name = "tty", .letter = 't', FLAG(tty), .help = "give it a terminal of its own"},
	{.name = "detach-keys", .value = "KEYS", STRING(detach_keys),
	 .help = "in the foreground: let a monitor stay with it, so that these keys leave it, as "
		 "\"ctrl-p,ctrl-q\" (\"hoy attach --help\")"},
	{.name = "cidfile", .value = "FILE", PATH(cidfile),
	 .help = "write its ID to FILE, which must not be there"},
	{.name = "label", .letter = 'l', .value = "KEY=VALUE", LIST(labels),
	 .help = "add an annotation; may be repeated"},
	{.name = "annotation", .value = "KEY=VALUE", LIST(annotations),
	 .help = "the same, and goes before --label"},
	{0},
};

const struct option_spec run_process_table[] = {
	{.name = "", .kind = OPTION_HEADING, .help = "Its process"},
	{.name = "env", .letter = 'e', .value = "NAME[=VALUE]", LIST(env),
	 .help = "set a variable; NAME alone takes the caller's value; may be repeated"},
	{.name = "env-file", .value = "FILE", LIST(env_files),
	 .help = "the same from the lines of FILE; may be repeated"},
	{.name = "entrypoint", .value = "WORD", STRING(entrypoint),
	 .help = "run this, a word or a JSON list, with COMMAND as its arguments; \"\" clears the image's"},
	{.name = "workdir", .letter = 'w', .value = "DIR", PATH(workdir),
	 .help = "working directory in the container; it is made if it is not there"},
	{.name = "user", .letter = 'u', .value = "USER[:GROUP]", STRING(user),
	 .help = "names of the container's own /etc/passwd and /etc/group, or numbers"},
	{.name = "group-add", .value = "GROUP", LIST(groups), .help = "add a group; may be repeated"},
	{.name = "init", FLAG(init),
	 .help = "let an init be the first process: it reaps and passes signals on"},
	{.name = "init-path", .value = "FILE", PATH(init_path),
	 .help = "a static init of the host; without it catatonit, docker-init or tini"},
	{.name = "stop-signal", .value = "SIGNAL", STRING(stop_signal),
	 .help = "what ends it, kept as an annotation"},
	{.name = "ulimit", .value = "NAME=SOFT[:HARD]", LIST(ulimits),
	 .help = "a resource limit, as nofile=1024:4096; -1 is unlimited; may be repeated"},
	{.name = "oom-score-adj", .value = "N", STRING(oom_score_adj),
	 .help = "-1000 to 1000: whom the kernel kills first when memory is short"},
	{0},
};

const struct option_spec run_mount_table[] = {
	{.name = "", .kind = OPTION_HEADING, .help = "Its files and devices"},
	{.name = "volume", .letter = 'v', .value = "[SOURCE:]DIR[:OPTIONS]", LIST(volumes),
	 .help = "show SOURCE in the container: a file or directory of the host if it begins with /, else "
		 "the volume of that name; without it a new volume. ro, rw, nosuid, nodev, noexec, "
		 "nocopy, bind, rbind, z, Z, shared, slave, private; may be repeated"},
	{.name = "mount", .value = "WORDS", LIST(mounts),
	 .help = "the same in words: type=bind,source=HOST,target=DIR,readonly, "
		 "type=volume,source=NAME,target=DIR,volume-nocopy or "
		 "type=tmpfs,target=DIR,tmpfs-size=64M; may be repeated"},
	{.name = "volumes-from", .value = "CONTAINER[:ro]", LIST(volumes_from),
	 .help = "all volumes and directories of the host that another container has; may be repeated"},
	{.name = "image-volume", .value = "HOW", CHOICE(image_volume, image_volumes),
	 .help = "the volumes that the image declares: anonymous volumes (the default; bind is the same), "
		 "tmpfs, or ignore"},
	{.name = "tmpfs", .value = "DIR[:OPTIONS]", LIST(tmpfs),
	 .help = "memory as a directory: size=, mode=, uid=, gid=, exec, suid, dev, ro; may be repeated"},
	{.name = "read-only", FLAG(read_only), .help = "a root file system that can't be written"},
	{.name = "read-only-tmpfs", .kind = OPTION_FLAG_NOT,
	 .offset = OPTION_FIELD(bool, struct run_command, image.no_read_only_tmpfs),
	 .help = "with --read-only: memory on /run, /tmp and /var/tmp (the default; =false: not)"},
	{.name = "writable-tmpfs", FLAG(writable_tmpfs),
	 .help = "what it writes in its root file system goes into memory, and is gone when it ends"},
	{.name = "storage-opt", .value = "size=SIZE", LIST(storage),
	 .help = "how much that may be, in memory or on the disk; there the file system of the data "
		 "directory must have project quotas"},
	{.name = "shm-size", .value = "SIZE", STRING(shm_size), .help = "of /dev/shm; without it 64M"},
	{.name = "device", .value = "HOST[:DEV][:rwm]", LIST(devices),
	 .help = "a device of the host; may be repeated"},
	{0},
};

const struct option_spec run_network_table[] = {
	{.name = "", .kind = OPTION_HEADING, .help = "Its namespaces"},
	{.name = "network", .value = "NET", LIST(networks),
	 .help = "none (the default): nothing but loopback; host: the host's; the name of a network (\"hoy "
		 "network --help\"), with :ip=,ip6=,mac=,alias=,interface_name= behind it; may be repeated; "
		 "container:ID: that container's; ns:PATH: the one of this file"},
	{.name = "ip", .value = "ADDRESS", STRING(ip), .help = "its IPv4 address in the first network"},
	{.name = "ip6", .value = "ADDRESS", STRING(ip6), .help = "and its IPv6 address"},
	{.name = "mac-address", .value = "MAC", STRING(mac), .help = "of its interface there"},
	{.name = "network-alias", .value = "NAME", LIST(aliases),
	 .help = "another name by which others in its networks know it; may be repeated"},
	{.name = "net-allow", .value = "ADDRESS", LIST(allow),
	 .help = "it reaches nothing but ADDRESS[/PREFIX][:PORT[-PORT]][/PROTOCOL], not even the host or a "
		 "server of names; none: nothing; may be repeated"},
	{.name = "add-host", .value = "NAME:ADDRESS", LIST(hosts),
	 .help = "a line in /etc/hosts; the address host-gateway is the host; may be repeated"},
	{.name = "dns", .value = "ADDRESS", LIST(dns),
	 .help = "a server of names instead of the host's; may be repeated"},
	{.name = "dns-search", .value = "DOMAIN", LIST(dns_search),
	 .help = "where short names are looked for; \".\": nowhere; may be repeated"},
	{.name = "dns-option", .value = "OPTION", LIST(dns_options),
	 .help = "of resolv.conf(5); may be repeated"},
	{.name = "no-hosts", FLAG(no_hosts), .help = "leave /etc/hosts as it is in the image"},
	{.name = "publish", .letter = 'p', .value = "[[ADDRESS:]HOST:]PORT[/PROTOCOL]", LIST(publish),
	 .help = "a port of the host leads to its PORT: of every address of the host or of this one; the "
		 "port HOST or one that is free (\"hoy port\" says which); FIRST-LAST: several; tcp, udp or "
		 "sctp; may be repeated"},
	{.name = "publish-all", .letter = 'P', FLAG(publish_all),
	 .help = "the same for all ports that the image or --expose names, each from one that is free"},
	{.name = "expose", .value = "PORT[/PROTOCOL]", LIST(expose),
	 .help = "name a port for --publish-all; may be repeated"},
	{.name = "hostname", .letter = 'h', .value = "NAME", STRING(hostname),
	 .help = "without it the first twelve digits of the ID"},
	{.name = "pid", .value = "NS", CHOICE(pid, namespaces), .help = "private (the default) or host"},
	{.name = "ipc", .value = "NS", CHOICE(ipc, namespaces), .help = "private (the default) or host"},
	{.name = "uts", .value = "NS", CHOICE(uts, namespaces), .help = "private (the default) or host"},
	{.name = "userns", .value = "NS", CHOICE(userns, users), .help = "host"},
	{.name = "sysctl", .value = "KEY=VALUE", LIST(sysctls),
	 .help = "of its own namespaces; may be repeated"},
	{0},
};

const struct option_spec run_limit_table[] = {
	{.name = "", .kind = OPTION_HEADING, .help = "Its limits"},
	{.name = "memory", .letter = 'm', .value = "SIZE", STRING(memory), .help = "bytes, or as 64M, 1G"},
	{.name = "memory-swap", .value = "SIZE", STRING(memory_swap),
	 .help = "memory and swap together, -1: unlimited; without it twice --memory"},
	{.name = "memory-reservation", .value = "SIZE", STRING(memory_reservation),
	 .help = "what it keeps when memory is short"},
	{.name = "cpus", .value = "N", STRING(cpus), .help = "as much time as N CPUs have: 0.5, 2"},
	{.name = "cpu-weight", .value = "N", STRING(cpu_weight),
	 .help = "1 to 10000, its share beside others; the kernel's default is 100"},
	{.name = "cpu-shares", .letter = 'c', .value = "N", STRING(cpu_shares),
	 .help = "the same as cgroup v1 counted, 1024 being weight 100"},
	{.name = "cpu-period", .value = "US", STRING(cpu_period),
	 .help = "of --cpu-quota, in microseconds"},
	{.name = "cpu-quota", .value = "US", STRING(cpu_quota),
	 .help = "its time in each period; -1: unlimited"},
	{.name = "cpuset-cpus", .value = "LIST", STRING(cpuset_cpus), .help = "the CPUs it may use: 0-3,7"},
	{.name = "cpuset-mems", .value = "LIST", STRING(cpuset_mems), .help = "and the memory nodes"},
	{.name = "pids-limit", .value = "N", STRING(pids_limit),
	 .help = "processes and threads; without it 2048 where the machine can count them; -1: unlimited"},
	{.name = "blkio-weight", .value = "N", STRING(blkio_weight),
	 .help = "10 to 1000, its share of disks"},
	{.name = "cgroup-conf", .value = "FILE=VALUE", LIST(cgroup_conf),
	 .help = "a file of its cgroup, as memory.high=32M; may be repeated"},
	{.name = "cgroup-parent", .value = "PATH", STRING(cgroup_parent),
	 .help = "the cgroup, or with systemd the slice, in which its own is made"},
	{0},
};

const struct option_spec run_security_table[] = {
	{.name = "", .kind = OPTION_HEADING, .help = "What it may do"},
	{.name = "cap-add", .value = "CAP", LIST(cap_add),
	 .help = "a capability, as NET_ADMIN, or ALL; may be repeated"},
	{.name = "cap-drop", .value = "CAP", LIST(cap_drop),
	 .help = "take one away, or ALL; may be repeated"},
	{.name = "privileged", FLAG(privileged),
	 .help = "all capabilities and devices, nothing masked, no seccomp: as root on the host"},
	{.name = "security-opt", .value = "WORD", LIST(security),
	 .help = "no-new-privileges[=false], seccomp=FILE|unconfined|default, mask=PATH:..., "
		 "unmask=PATH:...|ALL, systempaths=unconfined, apparmor=unconfined, label=disable; may be "
		 "repeated"},
	{0},
};

const struct option_spec run_store_table[] = {
	{.name = "", .kind = OPTION_HEADING, .help = "The image"},
	{.name = "pull", .value = "WHEN", CHOICE(pull, pulls),
	 .help = "missing (the default), always or never"},
	{.name = "platform", .value = "OS/ARCH", STRING(platform),
	 .help = "of an image that is there for several"},
	{0},
};

const struct option_spec run_life_table[] = {
	{.name = "", .kind = OPTION_HEADING, .help = "Its life"},
	{.name = "restart", .value = "POLICY", STRING(restart),
	 .help = "with --detach: start it again when it has ended: no (the default), on-failure[:N], always, "
		 "unless-stopped"},
	{.name = "stop-timeout", .value = "S", STRING(stop_timeout),
	 .help = "seconds that \"hoy stop\" gives it; without it 10; -1: no end"},
	{.name = "log-driver", .value = "NAME", STRING(log_driver),
	 .help = "with --detach: k8s-file (the default), files that \"hoy logs\" reads; none"},
	{.name = "log-opt", .value = "KEY=VALUE", LIST(log_opts),
	 .help = "max-size=SIZE of one file (10m; -1: unlimited), max-file=N of them (3); may be repeated"},
	{0},
};
