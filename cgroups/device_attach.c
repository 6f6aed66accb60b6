/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Putting the device filter in force. The kernel asks all filters from the cgroup up to the root,
 * and all those attached to one; ours is therefore added to what is there, and only our own are
 * replaced.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/process.h"
#include "cgroups/device_filter.h"

#define PROGRAM_NAME "hoy_devices" /* what bpftool shows, and how our own are told */
#define OLD_MAX	     64		   /* the kernel's limit on programs of one type in a cgroup */
#define LOG_SIZE     (1U << 20)
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

static long sys_bpf(int cmd, union bpf_attr *attr)
{
	return syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static int program_load(const void *insns, size_t count, char *log, size_t log_size)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insns = (uintptr_t)insns,
		.insn_cnt = (uint32_t)count,
		/* no helper function is called, so none asks for a GPL program */
		.license = (uintptr_t) "Apache-2.0",
		.log_buf = (uintptr_t)log,
		.log_size = (uint32_t)log_size,
		.log_level = log ? 1 : 0,
	};
	long fd;

	memcpy(attr.prog_name, PROGRAM_NAME, sizeof(PROGRAM_NAME));
	fd = sys_bpf(BPF_PROG_LOAD, &attr);
	return fd < 0 ? -errno : (int)fd; /* close-on-exec, as all of bpf(2) */
}

/* Says which capability is missing. */
static int permission_fail(struct error *err)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};
	bool has_bpf, has_net, has_sys;

	error_hint(err, "device filters need CAP_BPF and CAP_NET_ADMIN, or CAP_SYS_ADMIN, in the "
			"first user namespace");
	if (syscall(SYS_capget, &head, data) < 0)
		return error_set(err, EPERM, "%s", "");
	has_sys = data[0].effective & (1U << CAP_SYS_ADMIN);
	has_net = data[0].effective & (1U << CAP_NET_ADMIN);
	has_bpf = data[CAP_BPF / 32].effective & (1U << (CAP_BPF % 32));
	if (has_sys || (has_bpf && has_net))
		return error_say(err, EPERM, "the kernel doesn't permit it to this user namespace");
	return error_say(err, EPERM, "%s missing",
			 has_bpf   ? "CAP_NET_ADMIN is"
			 : has_net ? "CAP_BPF is"
				   : "CAP_BPF and CAP_NET_ADMIN are");
}

/* The load failed with code: loads again for the verifier's words. */
static int load_fail(const void *insns, size_t count, int code, struct error *err)
{
	char *log, *line, *next;
	int fd;

	if (code == EPERM)
		return permission_fail(err);
	log = calloc(1, LOG_SIZE);
	if (!log)
		return error_set(err, code, "%s", "");
	fd = program_load(insns, count, log, LOG_SIZE);
	fd_close(fd);
	/* The reason is the last line but the statistics. */
	line = log;
	for (char *s = log; s && *s; s = next) {
		next = strchr(s, '\n');
		if (next)
			*next++ = '\0';
		if (!starts_with(s, "processed "))
			line = s;
	}
	if (*line)
		error_set(err, code, "the kernel rejects the program: %s", line);
	else
		error_set(err, code, "%s", "");
	free(log);
	return -code;
}

/* The programs that hoy attached before; their descriptors are the caller's to close. */
static size_t old_find(int cgroup_fd, int *ret)
{
	uint32_t ids[OLD_MAX];
	union bpf_attr attr = {
		.query =
			{
				.target_fd = (uint32_t)cgroup_fd,
				.attach_type = BPF_CGROUP_DEVICE,
				.prog_ids = (uintptr_t)ids,
				.prog_cnt = OLD_MAX,
			},
	};
	size_t n = 0;

	/* Without the right to ask there is none to attach either, which will be reported. */
	if (sys_bpf(BPF_PROG_QUERY, &attr) < 0)
		return 0;
	for (uint32_t i = 0; i < attr.query.prog_cnt; i++) {
		union bpf_attr by_id = {.prog_id = ids[i]};
		struct bpf_prog_info info = {0};
		union bpf_attr about = {0};
		int fd = (int)sys_bpf(BPF_PROG_GET_FD_BY_ID, &by_id);

		if (fd < 0)
			continue;
		about.info.bpf_fd = (uint32_t)fd;
		about.info.info_len = sizeof(info);
		about.info.info = (uintptr_t)&info;
		if (sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &about) == 0 && streq(info.name, PROGRAM_NAME))
			ret[n++] = fd;
		else
			close(fd);
	}
	return n;
}

static int program_attach(int cgroup_fd, int prog_fd, int cmd)
{
	union bpf_attr attr = {
		.target_fd = (uint32_t)cgroup_fd,
		.attach_bpf_fd = (uint32_t)prog_fd,
		.attach_type = BPF_CGROUP_DEVICE,
		.attach_flags = cmd == BPF_PROG_ATTACH ? BPF_F_ALLOW_MULTI : 0,
	};

	return sys_bpf(cmd, &attr) < 0 ? -errno : 0;
}

int device_filter_attach(int cgroup_fd, const void *insns, size_t count, struct error *err)
{
	_cleanup_fd_ int fd = -1;
	int old[OLD_MAX], r;
	size_t n;

	fd = program_load(insns, count, NULL, 0);
	/* Nobody is root over devices there: nodes can't be made, and those that are there ask who opens
	 * them. runc and crun do without a filter then, too. */
	if (fd == -EPERM && process_is_rootless())
		return 0;
	if (fd < 0) {
		error_step(err, "load the device filter");
		return load_fail(insns, count, -fd, err);
	}
	n = old_find(cgroup_fd, old);
	/* First the new one, so that at no moment there is none. */
	r = program_attach(cgroup_fd, fd, BPF_PROG_ATTACH);
	for (size_t i = 0; i < n; i++) {
		if (r == 0)
			r = program_attach(cgroup_fd, old[i], BPF_PROG_DETACH);
		close(old[i]);
	}
	if (r == 0)
		return 0;
	error_step(err, "attach the device filter to the cgroup");
	if (r == -EPERM || r == -EACCES)
		return permission_fail(err);
	if (r == -E2BIG)
		error_hint(err, "64 programs are attached to it already");
	return error_set(err, -r, "%s", "");
}
