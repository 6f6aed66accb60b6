/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_options: what a person says about a container to be: `hoy run` of an image or of a directory.
 *
 * The struct holds the words of the command line as they are; cmd/run_table.c fills it, names and
 * meanings are docker's and podman's. configure.h turns it into a config.json and says which option
 * is wrong. NULL, n == 0 and false are "not given" everywhere.
 */
#ifndef HOY_ENGINE_RUN_OPTIONS_H
#define HOY_ENGINE_RUN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/list.h"

struct run_options {
	/* Where the root file system comes from: one of the two. */
	const char *rootfs; /* --rootfs: a directory */
	const char *image;  /* a reference */
	const char *platform;
	unsigned pull; /* enum run_pull */

	/* The command, behind it. */
	const char *const *command;
	size_t command_n;

	/* The container as a thing. */
	const char *name, *cidfile;
	bool interactive, tty, detach, rm;
	const char *detach_keys; /* in the foreground, but so that it can be left (attach.h) */
	struct option_list labels, annotations;

	/* Its life (settings.h). */
	const char *restart, *log_driver, *stop_timeout;
	struct option_list log_opts;

	/* The process. */
	struct option_list env, env_files, groups, ulimits;
	const char *workdir, *user, *entrypoint, *stop_signal, *oom_score_adj;
	bool init;
	const char *init_path;

	/* Its file systems. */
	struct option_list volumes, mounts, tmpfs, devices, volumes_from;
	unsigned image_volume; /* enum run_image_volume */
	const char *shm_size;
	bool read_only, no_read_only_tmpfs;
	bool writable_tmpfs;
	struct option_list storage; /* --storage-opt (storage.h) */

	/* Its namespaces. */
	const char *hostname;
	unsigned pid, ipc, uts; /* enum run_namespace */
	unsigned network;	/* the same, as `networks` say */
	struct option_list networks, aliases; /* --network, --network-alias (network.h) */
	const char *ip, *ip6, *mac;
	struct option_list hosts, dns, dns_search, dns_options; /* names.h */
	bool no_hosts;
	struct option_list allow; /* --net-allow */
	struct option_list publish, expose; /* publish.h */
	bool publish_all;
	unsigned userns;		 /* nothing but "host" is offered */
	struct option_list sysctls;

	/* What it may do. */
	struct option_list cap_add, cap_drop, security;
	bool privileged;

	/* What it may use. */
	const char *memory, *memory_swap, *memory_reservation;
	const char *cpus, *cpu_period, *cpu_quota, *cpu_shares, *cpu_weight, *cpuset_cpus,
		*cpuset_mems;
	const char *pids_limit, *blkio_weight, *cgroup_parent;
	struct option_list cgroup_conf;
};

enum run_pull {
	PULL_MISSING,
	PULL_ALWAYS,
	PULL_NEVER,
};

/* What becomes of the volumes that an image declares. */
enum run_image_volume {
	IMAGE_VOLUME_ANONYMOUS,
	IMAGE_VOLUME_BIND, /* podman's word for the same */
	IMAGE_VOLUME_TMPFS,
	IMAGE_VOLUME_IGNORE,
};

enum run_namespace {
	RUN_PRIVATE,
	RUN_HOST,
};

/* Whether a monitor stays with it, as one must that relays what arrives at its ports; else who runs it waits
 * for it. */
static inline bool run_is_monitored(const struct run_options *opt)
{
	return opt->detach || opt->detach_keys ||
	       ((opt->publish.n || opt->publish_all) && opt->network != RUN_HOST);
}

#endif
