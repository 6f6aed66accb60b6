/* SPDX-License-Identifier: Apache-2.0 */
/* The default profile, and profiles in files. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "engine/seccomp_default.h"
#include "spec/names.h"
#include "spec/seccomp_profile.h"
#include "tests/unit/helpers.h"

#define NONE	  0
#define CAP(name) (1ULL << capability_by_name("CAP_" name))

/* What the rules without conditions say of a call: 0 allowed, an errno, or -1: no word. */
static int says(const struct seccomp *s, const char *call)
{
	int found = -1;

	for (size_t i = 0; i < s->syscalls.n; i++) {
		const struct seccomp_rule *r = &s->syscalls.v[i];

		if (r->args.n)
			continue;
		for (size_t k = 0; k < r->names.n; k++) {
			if (!streq(r->names.v[k], call))
				continue;
			/* Nothing is said twice. */
			if (found != -1)
				print_message("%s\n", call);
			assert_int_equal(found, -1);
			found = r->errno_ret ? (int)*r->errno_ret : 0;
		}
	}
	return found;
}

static void capabilities(void **state)
{
	struct arena a = ARENA_INIT;
	struct seccomp none, admin, some;

	(void)state;
	seccomp_default(NONE, "amd64", &a, &none);
	seccomp_default(CAP("SYS_ADMIN"), "amd64", &a, &admin);
	seccomp_default(CAP("BPF") | CAP("SYS_CHROOT"), "amd64", &a, &some);
	assert_string_equal(none.default_action, "SCMP_ACT_ERRNO");
	assert_int_equal(*none.default_errno_ret, ENOSYS);
	assert_int_equal(none.architectures.n, 3);
	assert_int_equal(says(&none, "read"), 0);
	assert_int_equal(says(&none, "arch_prctl"), 0);
	assert_int_equal(says(&none, "mount"), EPERM);
	assert_int_equal(says(&admin, "mount"), 0);
	assert_int_equal(says(&none, "bpf"), EPERM);
	assert_int_equal(says(&some, "bpf"), 0);
	assert_int_equal(says(&none, "chroot"), EPERM);
	assert_int_equal(says(&some, "chroot"), 0);
	assert_int_equal(says(&none, "clone"), -1);
	assert_int_equal(says(&none, "clone3"), ENOSYS);
	assert_int_equal(says(&admin, "clone3"), 0);
	assert_int_equal(says(&admin, "keyctl"), EPERM);
	assert_int_equal(says(&admin, "kexec_load"), EPERM);
	assert_int_equal(says(&none, "io_uring_setup"), EPERM);
	assert_int_equal(says(&none, "socket"), -1);
	assert_int_equal(says(&none, "no_such_call_yet"), -1);
	arena_free(&a);
}

static void architectures(void **state)
{
	struct arena a = ARENA_INIT;
	struct seccomp s;

	(void)state;
	seccomp_default(NONE, "arm64", &a, &s);
	assert_int_equal(s.architectures.n, 2);
	assert_string_equal(s.architectures.v[0], "SCMP_ARCH_AARCH64");
	assert_int_equal(says(&s, "arch_prctl"), -1);
	assert_int_equal(says(&s, "cacheflush"), 0);
	seccomp_default(NONE, "z80", &a, &s);
	assert_int_equal(s.architectures.n, 0);
	assert_int_equal(says(&s, "read"), 0);
	arena_free(&a);
}

/* What the rules say of a call with this argument; the register's upper half is not the kernel's
 * business. ENOSYS: nothing. */
static int argument_says(const struct seccomp *s, const char *call, unsigned index, uint64_t value)
{
	int found = ENOSYS, n = 0;

	for (size_t i = 0; i < s->syscalls.n; i++) {
		const struct seccomp_rule *r = &s->syscalls.v[i];

		if (!streq(r->names.v[0], call))
			continue;
		assert_int_equal(r->args.n, 1);
		assert_int_equal(r->args.v[0].index, index);
		assert_string_equal(r->args.v[0].op, "SCMP_CMP_MASKED_EQ");
		if ((value & r->args.v[0].value) != *r->args.v[0].value_two)
			continue;
		found = r->errno_ret ? (int)*r->errno_ret : 0;
		n++;
	}
	assert_true(n <= 1);
	return found;
}

static void sockets(void **state)
{
	struct arena a = ARENA_INIT;
	struct seccomp s;

	(void)state;
	seccomp_default(NONE, "amd64", &a, &s);
	for (uint64_t family = 0; family < 64; family++) {
		int expected = family == 38 || family == 40 ? EAFNOSUPPORT : 0;

		assert_int_equal(argument_says(&s, "socket", 0, family), expected);
		assert_int_equal(argument_says(&s, "socket", 0, family | 1ULL << 32), expected);
	}
	assert_int_equal(argument_says(&s, "socket", 0, 64), ENOSYS);
	arena_free(&a);
}

/* All requests but three, whatever stands above their 32 bits. */
static void attributes(void **state)
{
	static const uint32_t denied[] = {0x40086602, 0x40046602, 0x401c5820};
	struct arena a = ARENA_INIT;
	struct seccomp s;
	uint32_t n = 1;

	(void)state;
	seccomp_default(NONE, "amd64", &a, &s);
	assert_int_equal(says(&s, "ioctl"), 0);
	seccomp_deny_attributes(&s, &a);
	assert_int_equal(says(&s, "ioctl"), -1);
	assert_int_equal(says(&s, "inotify_init"), 0);
	for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++) {
		assert_int_equal(argument_says(&s, "ioctl", 1, denied[i]), EPERM);
		assert_int_equal(argument_says(&s, "ioctl", 1, denied[i] | 1ULL << 40), EPERM);
		for (unsigned bit = 0; bit < 32; bit++)
			assert_int_equal(
				argument_says(&s, "ioctl", 1, denied[i] ^ 1u << bit), 0);
	}
	for (size_t i = 0; i < 10000; i++, n = n * 1664525 + 1013904223)
		assert_int_equal(argument_says(&s, "ioctl", 1, n), 0);
	assert_int_equal(argument_says(&s, "ioctl", 1, 0), 0);
	assert_int_equal(argument_says(&s, "ioctl", 1, UINT32_MAX), 0);
	arena_free(&a);
}

/* ---- Files ----------------------------------------------------------------------------------- */

static const char docker[] =
	"{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"defaultErrnoRet\": 1,"
	"\"archMap\": [{\"architecture\": \"SCMP_ARCH_X86_64\", \"subArchitectures\": "
	"[\"SCMP_ARCH_X86\"]},"
	"              {\"architecture\": \"SCMP_ARCH_AARCH64\", \"subArchitectures\": null}],"
	"\"syscalls\": ["
	"{\"names\": [\"read\"], \"action\": \"SCMP_ACT_ALLOW\", \"args\": null, \"comment\": \"\","
	" \"includes\": {}, \"excludes\": {}},"
	"{\"name\": \"write\", \"action\": \"SCMP_ACT_ALLOW\"},"
	"{\"names\": [\"bpf\"], \"action\": \"SCMP_ACT_ALLOW\", \"includes\": {\"caps\": "
	"[\"CAP_BPF\"]}},"
	"{\"names\": [\"both\"], \"action\": \"SCMP_ACT_ALLOW\","
	" \"includes\": {\"caps\": [\"CAP_BPF\", \"CAP_CHOWN\"]}},"
	"{\"names\": [\"without\"], \"action\": \"SCMP_ACT_ALLOW\", \"excludes\": {\"caps\": "
	"[\"CAP_BPF\"]}},"
	"{\"names\": [\"amd\"], \"action\": \"SCMP_ACT_ALLOW\", \"includes\": {\"arches\": "
	"[\"amd64\", \"x32\"]}},"
	"{\"names\": [\"not_amd\"], \"action\": \"SCMP_ACT_ALLOW\", \"excludes\": {\"arches\": "
	"[\"amd64\"]}},"
	"{\"names\": [\"new\"], \"action\": \"SCMP_ACT_ALLOW\", \"includes\": {\"minKernel\": "
	"\"4.8\"}},"
	"{\"names\": [\"newer\"], \"action\": \"SCMP_ACT_ALLOW\", \"includes\": {\"minKernel\": "
	"\"6.10\"}}"
	"]}";

static void selecting(void **state)
{
	const struct profile_target plain = {
		.arch = "amd64", .native = "SCMP_ARCH_X86_64", .kernel = {6, 9}};
	struct profile_target able = plain;
	struct arena a = ARENA_INIT;
	struct seccomp_profile p;
	struct seccomp s;

	(void)state;
	assert_int_equal(seccomp_profile_parse(docker, strlen(docker), "p", &a, &p, NULL), 0);
	seccomp_profile_select(&p, &plain, &a, &s);
	assert_int_equal(s.architectures.n, 2);
	assert_int_equal(says(&s, "read"), 0);
	assert_int_equal(says(&s, "write"), 0);
	assert_int_equal(says(&s, "bpf"), -1);
	assert_int_equal(says(&s, "without"), 0);
	assert_int_equal(says(&s, "amd"), 0);
	assert_int_equal(says(&s, "not_amd"), -1);
	assert_int_equal(says(&s, "new"), 0);
	assert_int_equal(says(&s, "newer"), -1);
	able.caps = CAP("BPF");
	able.arch = "arm64";
	able.native = "SCMP_ARCH_AARCH64";
	able.kernel[1] = 10;
	seccomp_profile_select(&p, &able, &a, &s);
	assert_int_equal(s.architectures.n, 1);
	assert_int_equal(says(&s, "bpf"), 0);
	assert_int_equal(says(&s, "both"), -1);
	assert_int_equal(says(&s, "without"), -1);
	assert_int_equal(says(&s, "not_amd"), 0);
	assert_int_equal(says(&s, "newer"), 0);
	able.caps |= CAP("CHOWN");
	seccomp_profile_select(&p, &able, &a, &s);
	assert_int_equal(says(&s, "both"), 0);
	arena_free(&a);
}

static void refused(void **state)
{
	static const struct {
		const char *text, *field, *words;
	} rows[] = {
#define ROW(rules, field, words) \
	{"{\"defaultAction\": \"SCMP_ACT_ALLOW\", " rules "}", field, words}
		{"{}", "defaultAction", ""},
		{"{\"defaultAction\": \"ALLOW\"}", "defaultAction", ""},
		ROW("\"syscalls\": [{\"action\": \"SCMP_ACT_ALLOW\"}]", "syscalls[0].names",
		    "at least one"),
		ROW("\"syscalls\": [{\"names\": [\"a\"], \"name\": \"a\", \"action\": "
		    "\"SCMP_ACT_ALLOW\"}]",
		    "syscalls[0]", "both name and names"),
		ROW("\"syscalls\": [{\"names\": [\"a\"], \"action\": \"SCMP_ACT_ALLOW\","
		    "\"includes\": {\"caps\": [\"CAP_FLY\"]}}]",
		    "syscalls[0].includes.caps[0]", "no such capability"),
		ROW("\"syscalls\": [{\"names\": [\"a\"], \"action\": \"SCMP_ACT_ALLOW\","
		    "\"excludes\": {\"minKernel\": \"4\"}}]",
		    "syscalls[0].excludes.minKernel", "must be a version"),
		ROW("\"architectures\": [\"SCMP_ARCH_X86\"], \"archMap\": [{\"architecture\": "
		    "\"SCMP_ARCH_X86\"}]",
		    "archMap", "beside architectures"),
#undef ROW
	};
	struct arena a = ARENA_INIT;
	struct seccomp_profile p;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct error err = ERROR_INIT;

		assert_true(seccomp_profile_parse(rows[i].text, strlen(rows[i].text), "p", &a, &p,
						  &err) < 0);
		assert_string_equal(err.doc, "p");
		assert_string_equal(err.field, rows[i].field);
		assert_non_null(strstr(err.why, rows[i].words));
	}
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(capabilities), cmocka_unit_test(architectures),
		cmocka_unit_test(sockets),
		cmocka_unit_test(attributes),	cmocka_unit_test(selecting),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
