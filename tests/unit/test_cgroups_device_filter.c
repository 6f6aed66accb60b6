/* SPDX-License-Identifier: Apache-2.0 */
/* The device filter against the rules themselves, and in the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/text.h"
#include "cgroups/cgroup.h"
#include "cgroups/device_filter.h"

#define N(a)   (sizeof(a) / sizeof(*(a)))
#define NUM(x) (&(int64_t){x})

/* ---- What the rules mean, told a second time and as plainly as possible --------------------- */

static int oracle_bit(const struct device_rules *rules, char type, unsigned major, unsigned minor,
		      char bit)
{
	static const unsigned defaults[][2] = {{1, 3}, {1, 5}, {1, 7}, {1, 8},	 {1, 9},
					       {5, 0}, {5, 1}, {5, 2}, {10, 200}};
	int allowed = 0;

	for (size_t i = 0; rules && i < rules->n; i++) {
		const struct device_rule *r = &rules->v[i];
		char rule_type = r->type ? r->type[0] : 'a';

		if (r->access && !strchr(r->access, bit))
			continue;
		if (rule_type != 'a') {
			if (rule_type != type)
				continue;
			if (r->major && *r->major != -1 && *r->major != (int64_t)major)
				continue;
			if (r->minor && *r->minor != -1 && *r->minor != (int64_t)minor)
				continue;
		}
		allowed = r->allow;
	}
	if (type != 'c')
		return allowed;
	if (major == 136)
		allowed = 1;
	for (size_t i = 0; i < N(defaults); i++)
		if (defaults[i][0] == major && defaults[i][1] == minor)
			allowed = 1;
	return allowed;
}

static int oracle(const struct device_rules *rules, char type, unsigned major, unsigned minor,
		  const char *access)
{
	for (; *access; access++)
		if (!oracle_bit(rules, type, major, minor, *access))
			return 0;
	return 1;
}

static const char *const accesses[] = {"r", "w", "m", "rw", "rm", "wm", "rwm"};

static void compare(const struct device_rules *rules, const struct device_filter *f, char type,
		    unsigned major, unsigned minor)
{
	for (size_t i = 0; i < N(accesses); i++)
		if (device_filter_test(f, type, major, minor, accesses[i]) !=
		    oracle(rules, type, major, minor, accesses[i])) {
			_cleanup_(text_free) struct text t = TEXT_INIT;

			device_filter_describe(rules, &t);
			fail_msg("%c %u:%u %s: filter %d, rules %d: %s", type, major, minor,
				 accesses[i],
				 device_filter_test(f, type, major, minor, accesses[i]),
				 oracle(rules, type, major, minor, accesses[i]), t.s);
		}
}

/* The numbers that rules are made of below, and some beside them. */
static const unsigned numbers[] = {0,  1,   2,	 3,	     5,		 7,	    8,
				   10, 136, 200, 0x7fffffff, 0x80000000, UINT32_MAX};

static void compare_all(const struct device_rules *rules, const struct device_filter *f)
{
	for (size_t i = 0; i < N(numbers); i++)
		for (size_t j = 0; j < N(numbers); j++) {
			compare(rules, f, 'b', numbers[i], numbers[j]);
			compare(rules, f, 'c', numbers[i], numbers[j]);
		}
}

/* ---- The compiler -------------------------------------------------------------------------- */

static struct device_filter compiled(const struct device_rules *rules, struct arena *a)
{
	struct device_filter f = {0};
	struct error e = ERROR_INIT;

	assert_int_equal(device_filter_compile(rules, a, &f, &e), 0);
	assert_string_equal(e.why, "");
	return f;
}

static void defaults_alone(void **state)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct device_filter f = compiled(NULL, &a);

	(void)state;
	for (unsigned major = 0; major < 300; major++)
		for (unsigned minor = 0; minor < 300; minor++) {
			compare(NULL, &f, 'c', major, minor);
			compare(NULL, &f, 'b', major, minor);
		}
	assert_false(f.allows_all);
	/* type, major and minor are read, each default is one test, and each major one more */
	assert_in_range(f.count, 1, 22);
	f = compiled(&(struct device_rules){0}, &a);
	compare_all(NULL, &f);
}

static void later_rules_win(void **state)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct device_rule v[] = {
		{.allow = true, .type = "c", .major = NUM(1), .access = "rwm"},
		{.allow = true, .type = "b", .major = NUM(8), .minor = NUM(0), .access = "rwm"},
		{.allow = false, .access = "rwm"},
		{.allow = true, .type = "b", .major = NUM(8), .minor = NUM(-1), .access = "rw"},
		{.allow = false, .type = "b", .major = NUM(8), .minor = NUM(1), .access = "w"},
		{.allow = false, .type = "c", .major = NUM(1), .minor = NUM(3), .access = "rwm"},
	};
	struct device_rules rules = {N(v), v};
	struct device_filter f = compiled(&rules, &a);

	(void)state;
	compare_all(&rules, &f);
	assert_int_equal(device_filter_test(&f, 'b', 8, 0, "rw"), 1);
	assert_int_equal(device_filter_test(&f, 'b', 8, 0, "m"), 0);
	assert_int_equal(device_filter_test(&f, 'b', 8, 1, "r"), 1);
	assert_int_equal(device_filter_test(&f, 'b', 8, 1, "rw"), 0);
	assert_int_equal(device_filter_test(&f, 'c', 1, 1, "r"), 0);
	/* no rule takes a default away */
	assert_int_equal(device_filter_test(&f, 'c', 1, 3, "rwm"), 1);
}

static void two_rules_together_allow(void **state)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct device_rule v[] = {
		{.allow = true, .type = "c", .major = NUM(10), .minor = NUM(229), .access = "r"},
		{.allow = true, .type = "c", .major = NUM(10), .access = "w"},
	};
	struct device_rules rules = {N(v), v};
	struct device_filter f = compiled(&rules, &a);

	(void)state;
	compare_all(&rules, &f);
	assert_int_equal(device_filter_test(&f, 'c', 10, 229, "rw"), 1);
	assert_int_equal(device_filter_test(&f, 'c', 10, 229, "rwm"), 0);
	assert_int_equal(device_filter_test(&f, 'c', 10, 228, "rw"), 0);
}

static void everything_allowed_is_two_instructions(void **state)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct device_rule v[] = {
		{.allow = false, .type = "c", .major = NUM(4), .access = "w"},
		{.allow = true, .type = "a", .major = NUM(-1), .minor = NUM(-1), .access = "rwm"},
		{.allow = true, .type = "c", .major = NUM(10), .minor = NUM(229), .access = "rwm"},
	};
	struct device_rules rules = {N(v), v};
	struct device_filter f = compiled(&rules, &a);

	(void)state;
	assert_int_equal(f.count, 2);
	assert_true(f.allows_all);
	compare_all(&rules, &f);
}

/* What docker writes adds nothing to the defaults but the denial of one device. */
static void engine_list_costs_nothing(void **state)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct device_rule v[] = {
		{.allow = false, .access = "rwm"},
		{.allow = true, .type = "c", .major = NUM(1), .minor = NUM(5), .access = "rwm"},
		{.allow = true, .type = "c", .major = NUM(1), .minor = NUM(3), .access = "rwm"},
		{.allow = true, .type = "c", .major = NUM(1), .minor = NUM(9), .access = "rwm"},
		{.allow = true, .type = "c", .major = NUM(1), .minor = NUM(8), .access = "rwm"},
		{.allow = true, .type = "c", .major = NUM(5), .minor = NUM(0), .access = "rwm"},
		{.allow = true, .type = "c", .major = NUM(5), .minor = NUM(1), .access = "rwm"},
		{.allow = false, .type = "c", .major = NUM(10), .minor = NUM(229), .access = "rwm"},
	};
	struct device_rules rules = {N(v), v};
	struct device_filter f = compiled(&rules, &a), alone = compiled(NULL, &a);

	(void)state;
	compare_all(&rules, &f);
	assert_in_range(f.count, alone.count, alone.count + 2);
}

static struct device_rule random_rule(void)
{
	static const char *const types[] = {NULL, "a", "b", "c", "b", "c", "b", "c", "c", "c"};
	static const char *const letters[] = {NULL, "r", "w", "m", "rw", "wr", "mr", "rwm", "mwr"};
	static int64_t values[N(numbers) + 1];
	struct device_rule r = {.allow = rand() & 1};

	for (size_t i = 0; i < N(numbers); i++)
		values[i] = numbers[i];
	values[N(numbers)] = -1;
	r.type = types[(size_t)rand() % N(types)];
	r.access = letters[(size_t)rand() % N(letters)];
	if (rand() % 3)
		r.major = &values[(size_t)rand() % N(values)];
	if (rand() % 3)
		r.minor = &values[(size_t)rand() % N(values)];
	return r;
}

static void random_rules(void **state)
{
	(void)state;
	srand(20240229);
	for (int i = 0; i < 4000; i++) {
		_cleanup_(arena_free) struct arena a = ARENA_INIT;
		struct device_rule v[150];
		/* few as a rule; now and then so many that the program is made in another way */
		struct device_rules rules = {(size_t)rand() % (i % 40 ? 24 : N(v)), v};
		struct device_filter f;

		for (size_t j = 0; j < rules.n; j++)
			v[j] = random_rule();
		f = compiled(&rules, &a);
		compare_all(&rules, &f);
	}
}

static void bad_rules(void **state)
{
	const struct {
		struct device_rule rule;
		const char *field;
	} cases[] = {
		{{.access = ""}, "access"},
		{{.access = "rwx"}, "access"},
		{{.access = "R"}, "access"},
		{{.access = "r w"}, "access"},
		{{.type = "u"}, "type"},
		{{.type = "p"}, "type"},
		{{.type = ""}, "type"},
		{{.type = "cc"}, "type"},
		{{.type = "c", .major = NUM(-2)}, "major"},
		{{.type = "c", .minor = NUM(-2)}, "minor"},
		{{.type = "c", .major = NUM(4294967296)}, "major"},
		{{.type = "b", .minor = NUM(INT64_MAX)}, "minor"},
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		_cleanup_(arena_free) struct arena a = ARENA_INIT;
		struct device_rule v[] = {{.allow = true}, cases[i].rule};
		struct device_rules rules = {N(v), v};
		struct device_filter f = {.count = 77};
		struct error e = ERROR_INIT;
		char field[64];

		snprintf(field, sizeof(field), "linux.resources.devices[1].%s", cases[i].field);
		assert_int_equal(device_filter_compile(&rules, &a, &f, &e), -EINVAL);
		assert_string_equal(e.field, field);
		assert_true(strlen(e.why) > 0);
		assert_int_equal(f.count, 77);
	}
}

static void in_words(void **state)
{
	_cleanup_(text_free) struct text t = TEXT_INIT;
	struct device_rule v[] = {
		{.allow = true, .type = "b"},
		{.allow = false},
		{.allow = true, .type = "b", .major = NUM(8), .access = "mr"},
	};
	const char *want = "deny all; allow b 8:* rm; allow c 1:3 rwm; ";

	(void)state;
	device_filter_describe(&(struct device_rules){N(v), v}, &t);
	t.s[strlen(want)] = '\0';
	assert_string_equal(t.s, want);
	text_free(&t);
	device_filter_describe(NULL, &t);
	assert_memory_equal(t.s, "deny all; allow c 1:3 rwm; ", 27);
}

/* ---- The kernel ---------------------------------------------------------------------------- */

struct kernel {
	struct arena a;
	struct cgroup_root root;
	char path[64];
	int fd;
};

static int kernel_setup(void **state)
{
	static struct kernel k;
	struct error e = ERROR_INIT;
	unsigned made;

	k = (struct kernel){.a = ARENA_INIT, .root = {.fd = -1}, .fd = -1};
	*state = &k;
	if (geteuid() != 0 || cgroup_root_open(&k.root, &k.a, &e) < 0)
		return 0;
	snprintf(k.path, sizeof(k.path), "/hoy-test-devices-%d", (int)getpid());
	cgroup_create(&k.root, k.path, "", "/run/hoy-test", "devices", &k.fd, &made, &e);
	return 0;
}

static int kernel_teardown(void **state)
{
	struct kernel *k = *state;

	fd_close(k->fd);
	if (k->path[0])
		cgroup_remove(&k->root, k->path, 0, 2000, NULL);
	fd_close(k->root.fd);
	arena_free(&k->a);
	return 0;
}

/* The tests below need a cgroup of their own. */
static struct kernel *kernel_need(void **state)
{
	struct kernel *k = *state;
	const char *lacking = NULL;

	if (geteuid() != 0)
		lacking = "root";
	else if (k->root.fd < 0)
		lacking = "a mounted cgroup2 file system";
	else if (k->fd < 0)
		lacking = "a cgroup2 file system in which cgroups can be made";
	if (lacking) {
		print_message("skipped: this test needs %s\n", lacking);
		skip();
	}
	return k;
}

static unsigned programs_attached(int cgroup_fd)
{
	uint32_t ids[64];
	union bpf_attr attr = {
		.query =
			{
				.target_fd = (uint32_t)cgroup_fd,
				.attach_type = BPF_CGROUP_DEVICE,
				.prog_ids = (uintptr_t)ids,
				.prog_cnt = 64,
			},
	};

	assert_int_equal(syscall(SYS_bpf, BPF_PROG_QUERY, &attr, sizeof(attr)), 0);
	return attr.query.prog_cnt;
}

static void attach(struct kernel *k, const struct device_rules *rules)
{
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct device_filter f = compiled(rules, &a);
	struct error e = ERROR_INIT;
	char text[4096];

	if (device_filter_attach(k->fd, f.insns, f.count, &e) < 0)
		fail_msg("%s", error_text(&e, text, sizeof(text)));
}

/* Opens a node in the cgroup; the errno, or 0. */
static int open_inside(struct kernel *k, const char *node, int flags)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (cgroup_write(k->fd, "cgroup.procs", "0", NULL) < 0)
			_exit(255);
		_exit(open(node, flags | O_CLOEXEC) < 0 ? errno : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void kernel_enforces(void **state)
{
	struct kernel *k = kernel_need(state);
	struct device_rule v[] = {
		{.allow = true, .type = "c", .major = NUM(1), .minor = NUM(11), .access = "r"}};
	struct device_rules rules = {1, v};
	char node[] = "/tmp/hoy-test-XXXXXX";
	int fd = mkstemp(node), alone, before, after_read, after_write;

	assert_true(fd >= 0);
	close(fd);
	unlink(node);
	if (mknod(node, S_IFCHR | 0600, makedev(1, 11)) < 0) { /* kmsg, no default device */
		print_message("skipped: this test needs the right to make device nodes\n");
		skip();
	}
	alone = open_inside(k, node, O_RDONLY);
	attach(k, NULL);
	before = open_inside(k, node, O_RDONLY);
	attach(k, &rules);
	after_read = open_inside(k, node, O_RDONLY);
	after_write = open_inside(k, node, O_RDWR);
	unlink(node);
	if (alone != 0) {
		print_message("skipped: this test needs /tmp without nodev and a readable kmsg\n");
		skip();
	}
	assert_int_equal(before, EPERM);
	assert_int_equal(after_read, 0);
	assert_int_equal(after_write, EPERM);
	assert_int_equal(open_inside(k, "/dev/null", O_RDWR), 0);
}

static void old_filter_is_replaced(void **state)
{
	struct kernel *k = kernel_need(state);

	for (int i = 0; i < 3; i++) {
		attach(k, NULL);
		assert_int_equal(programs_attached(k->fd), 1);
	}
}

/* The verifier takes whatever the compiler makes. */
static void kernel_takes_random_programs(void **state)
{
	struct kernel *k = kernel_need(state);

	srand(42);
	for (int i = 0; i < 100; i++) {
		struct device_rule v[150];
		struct device_rules rules = {(size_t)rand() % N(v), v};

		for (size_t j = 0; j < rules.n; j++)
			v[j] = random_rule();
		attach(k, &rules);
	}
}

static void kernel_takes_many_rules(void **state)
{
	struct kernel *k = kernel_need(state);
	static struct device_rule v[4096];
	static int64_t value[4096];

	for (size_t i = 0; i < N(v); i++) {
		value[i] = (int64_t)(1000 + i);
		v[i] = (struct device_rule){.allow = i % 3,
					    .type = i % 2 ? "b" : "c",
					    .major = &value[i],
					    .minor = &value[i],
					    .access = i % 5 ? "rw" : "w"};
	}
	attach(k, &(struct device_rules){N(v), v});
}

static void rejected_program_is_explained(void **state)
{
	struct kernel *k = kernel_need(state);
	const struct bpf_insn bad[] = {{.code = BPF_JMP | BPF_EXIT}};
	struct error e = ERROR_INIT;

	assert_true(device_filter_attach(k->fd, bad, 1, &e) < 0);
	assert_string_equal(e.step, "load the device filter");
	assert_non_null(strstr(e.why, "R0 !read_ok"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_alone),
		cmocka_unit_test(later_rules_win),
		cmocka_unit_test(two_rules_together_allow),
		cmocka_unit_test(everything_allowed_is_two_instructions),
		cmocka_unit_test(engine_list_costs_nothing),
		cmocka_unit_test(random_rules),
		cmocka_unit_test(bad_rules),
		cmocka_unit_test(in_words),
		cmocka_unit_test(kernel_enforces),
		cmocka_unit_test(old_filter_is_replaced),
		cmocka_unit_test(kernel_takes_random_programs),
		cmocka_unit_test(kernel_takes_many_rules),
		cmocka_unit_test(rejected_program_is_explained),
	};

	return cmocka_run_group_tests(tests, kernel_setup, kernel_teardown);
}
