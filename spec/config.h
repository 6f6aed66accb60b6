/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config: config.json as C structs (runtime specification 1.3, config.md and config-linux.md).
 *
 * Everything belongs to the arena that config_parse() was given. An optional scalar is a pointer,
 * NULL where the document has nothing (or null); an optional object likewise; an absent list has
 * n == 0. Strings hold no NUL. `null` is taken as absent everywhere, and so is an optional string
 * that is empty, as the engines' Go writers mean it. rules.h says into which form values are
 * brought (absolute destinations, known capabilities, …).
 */
#ifndef HOY_SPEC_CONFIG_H
#define HOY_SPEC_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "base/warn.h"

struct strings {
	size_t n;
	const char **v; /* n entries and a NULL */
};

/* A JSON object of strings: annotations, sysctl, unified. In document order. */
struct string_map {
	size_t n;
	struct string_pair {
		const char *key, *value;
	} * v;
};

struct id_mapping {
	uint32_t container_id, host_id, size;
};

struct id_mappings {
	size_t n;
	struct id_mapping *v;
};

struct mount {
	const char *destination, *type, *source;
	struct strings options;
	struct id_mappings uid_mappings, gid_mappings;
};

struct mounts {
	size_t n;
	struct mount *v;
};

struct hook {
	const char *path;
	struct strings args;
	struct strings *env; /* NULL: the caller's environment */
	int64_t *timeout;    /* seconds */
};

struct hook_list {
	size_t n;
	struct hook *v;
};

struct hooks {
	struct hook_list prestart, create_runtime, create_container, start_container, poststart,
		poststop;
};

struct process_rlimit {
	const char *type; /* "RLIMIT_NOFILE" */
	uint64_t soft, hard;
};

struct rlimits {
	size_t n;
	struct process_rlimit *v;
};

struct user {
	uint32_t uid, gid;
	uint32_t *umask;
	struct {
		size_t n;
		uint32_t *v;
	} additional_gids;
	const char *username; /* Windows; ignored */
};

struct capabilities {
	struct strings bounding, permitted, effective, inheritable, ambient;
};

struct console_size {
	uint64_t height, width; /* characters */
};

struct scheduler {
	const char *policy;
	int32_t *nice, *priority;
	struct strings flags;
	uint64_t *runtime, *deadline, *period; /* nanoseconds */
};

struct io_priority {
	const char *class;
	int32_t *priority;
};

struct cpu_affinity {
	const char *initial, *final;
};

struct process {
	bool terminal;
	struct console_size *console_size;
	struct user user;
	struct strings args, env;
	const char *cwd;
	struct capabilities *capabilities;
	struct rlimits rlimits;
	bool no_new_privileges;
	int64_t *oom_score_adj;
	const char *apparmor_profile, *selinux_label;
	struct scheduler *scheduler;
	struct io_priority *io_priority;
	struct cpu_affinity *exec_cpu_affinity;
};

struct root {
	const char *path;
	bool readonly;
};

struct namespace
{
	const char *type; /* "pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time" */
	const char *path; /* NULL: a new one */
};

struct namespaces {
	size_t n;
	struct namespace *v;
};

struct device {
	const char *path, *type; /* type "c", "u", "b" or "p" */
	int64_t *major, *minor;
	uint32_t *file_mode, *uid, *gid;
};

struct devices {
	size_t n;
	struct device *v;
};

struct device_rule {
	bool allow;
	const char *type;	/* "a", "c", "b"; NULL is "a" */
	int64_t *major, *minor; /* NULL: any */
	const char *access;	/* of "rwm"; NULL is all */
};

struct device_rules {
	size_t n;
	struct device_rule *v;
};

struct memory {
	int64_t *limit, *reservation, *swap, *kernel, *kernel_tcp; /* bytes; -1 unlimited */
	uint64_t *swappiness;
	bool *disable_oom_killer, *use_hierarchy, *check_before_update;
};

struct cpu {
	uint64_t *shares, *period, *burst; /* microseconds but for shares */
	int64_t *quota;
	int64_t *realtime_runtime;
	uint64_t *realtime_period;
	const char *cpus, *mems;
	int64_t *idle;
};

struct weight_device {
	int64_t major, minor;
	uint16_t *weight, *leaf_weight;
};

struct throttle_device {
	int64_t major, minor;
	uint64_t rate;
};

struct throttle_devices {
	size_t n;
	struct throttle_device *v;
};

struct block_io {
	uint16_t *weight, *leaf_weight;
	struct {
		size_t n;
		struct weight_device *v;
	} weight_device;
	struct throttle_devices read_bps, write_bps, read_iops, write_iops;
};

struct hugepage_limit {
	const char *page_size;
	uint64_t limit; /* bytes */
};

struct rdma_limit {
	const char *device; /* the key */
	uint32_t *hca_handles, *hca_objects;
};

struct interface_priority {
	const char *name;
	uint32_t priority;
};

struct network {
	uint32_t *class_id;
	struct {
		size_t n;
		struct interface_priority *v;
	} priorities;
};

struct resources {
	bool has_devices; /* the list is there, be it empty */
	struct device_rules devices;
	struct memory *memory;
	struct cpu *cpu;
	int64_t *pids_limit;
	struct block_io *block_io;
	struct {
		size_t n;
		struct hugepage_limit *v;
	} hugepage_limits;
	struct {
		size_t n;
		struct rdma_limit *v;
	} rdma;
	struct network *network;
	struct string_map unified;
};

struct net_device {
	const char *key, *name;
};

struct intel_rdt {
	const char *clos_id, *l3_cache_schema, *mem_bw_schema;
	struct strings schemata;
	bool *enable_monitoring;
};

struct memory_policy {
	const char *mode, *nodes;
	struct strings flags;
};

struct personality {
	const char *domain;
	struct strings flags;
};

struct time_offset {
	int64_t *secs;
	uint32_t *nanosecs;
};

struct time_offsets {
	struct time_offset *boottime, *monotonic;
};

struct seccomp_arg {
	uint32_t index;
	uint64_t value;
	uint64_t *value_two;
	const char *op;
};

struct seccomp_rule {
	struct strings names;
	const char *action;
	uint32_t *errno_ret;
	struct {
		size_t n;
		struct seccomp_arg *v;
	} args;
};

struct seccomp {
	const char *default_action;
	uint32_t *default_errno_ret;
	struct strings architectures;
	struct strings *flags; /* absent differs from empty */
	const char *listener_path, *listener_metadata;
	struct {
		size_t n;
		struct seccomp_rule *v;
	} syscalls;
};

struct linux_config {
	struct namespaces namespaces;
	struct id_mappings uid_mappings, gid_mappings;
	struct time_offsets *time_offsets;
	struct devices devices;
	struct {
		size_t n;
		struct net_device *v;
	} net_devices;
	const char *cgroups_path;
	struct resources *resources;
	struct intel_rdt *intel_rdt;
	struct memory_policy *memory_policy;
	struct string_map sysctl;
	struct seccomp *seccomp;
	const char *rootfs_propagation;
	struct strings masked_paths, readonly_paths;
	const char *mount_label;
	struct personality *personality;
};

struct config {
	const char *oci_version;
	const char *hostname, *domainname;
	struct root *root;
	struct process *process;
	struct mounts mounts;
	struct hooks hooks;
	struct linux_config *linux_conf; /* never NULL after config_parse: empty where absent */
	struct string_map annotations;
};

/*
 * Reads the text of a config.json and checks everything that can be checked without the machine:
 * form, types, ranges, required properties (config.md, config-linux.md), the semantic rules
 * (rules.h) and that nothing is asked for that hoy does not do (refused.h).
 *
 * text, len: the document; need not be terminated. doc: its name in errors ("config.json").
 * a: owns the result. warn: unknown capabilities and the like; may be NULL.
 * Returns 0 and writes *ret, or a negative errno with err filled; *ret is then untouched.
 */
int config_parse(const char *text, size_t len, const char *doc, struct arena *a,
		 struct warnings *warn, const struct config **ret, struct error *err);

/* The same for the process document of `exec --process` (config.md, Process). */
int process_parse(const char *text, size_t len, const char *doc, struct arena *a,
		  struct warnings *warn, const struct process **ret, struct error *err);

/* The same for the document of `update --resources` (config-linux.md, Control groups). The result may be
 * changed, and then needs rules_apply_resources again. */
int resources_parse(const char *text, size_t len, const char *doc, struct arena *a,
		    struct resources **ret, struct error *err);

/* Appends the document on one line, with its end behind. Strings must be UTF-8 (text_is_utf8). */
void config_write(const struct config *c, struct text *out);

#endif
