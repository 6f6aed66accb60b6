/* SPDX-License-Identifier: Apache-2.0 */
/*
 * seccomp: profiles, compiled and then run by an interpreter: for an architecture, a number and
 * arguments the kernel would take this action.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <cmocka.h>

#include "base/text.h"
#include "helpers.h"
#include "runtime/seccomp.h"
#include "runtime/seccomp_cache.h"
#include "runtime/seccomp_tree.h"

#define X64    AUDIT_ARCH_X86_64
#define I386   AUDIT_ARCH_I386
#define X32(n) (0x40000000u + (n))

#define ALLOW	     SECCOMP_RET_ALLOW
#define LOG	     SECCOMP_RET_LOG
#define TRAP	     SECCOMP_RET_TRAP
#define THREAD	     SECCOMP_RET_KILL_THREAD
#define PROCESS	     SECCOMP_RET_KILL_PROCESS
#define ERRNO(n)     (SECCOMP_RET_ERRNO | (n))
#define TRACE(n)     (SECCOMP_RET_TRACE | (n))
#define NEVER	     0x12345678u /* the interpreter: the program is wrong */
#define RULE(names, action, more) "{'names':[" names "],'action':'SCMP_ACT_" action "'" more "}"
#define PROFILE(action, more, rules) \
	"{'defaultAction':'SCMP_ACT_" action "'" more ",'syscalls':[" rules "]}"

static struct {
	struct arena arena;
	struct error err;
	const struct seccomp *profile;
	struct seccomp_filter filter;
} t;

static int teardown(void **state)
{
	(void)state;
	arena_free(&t.arena);
	memset(&t, 0, sizeof(t));
	return 0;
}

static char *unquote(const char *s)
{
	char *copy = strdup(s);

	assert_non_null(copy);
	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	return copy;
}

/* The profile, through the same door as config.json's. */
static const struct seccomp *profile(const char *json)
{
	const struct config *c = NULL;
	struct text doc = TEXT_INIT;
	char *text = unquote(json);

	text_addf(&doc,
		  "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},\"linux\":{\"seccomp\":%s}}",
		  text);
	if (config_parse(doc.s, doc.len, "c", &t.arena, NULL, &c, &t.err) < 0)
		fail_msg("%s: %s: %s", json, t.err.field, t.err.why);
	free(text);
	text_free(&doc);
	t.profile = c->linux_conf->seccomp;
	return t.profile;
}

/* Returns what is said, "" for success. */
static const char *compile(const char *json)
{
	static char message[1024];

	t.err = (struct error)ERROR_INIT;
	message[0] = 0;
	if (seccomp_compile(profile(json), &t.arena, &t.filter, &t.err) < 0)
		error_text(&t.err, message, sizeof(message));
	return message;
}

#ifndef HAVE_LIBSECCOMP

static void test_without(void **state)
{
	char buf[32];

	(void)state;
	assert_string_equal(compile("{'defaultAction':'SCMP_ACT_ALLOW'}"),
			    "linux.seccomp: is not supported: this hoy was built without libseccomp");
	assert_null(seccomp_library(buf, sizeof(buf)));
	assert_false(seccomp_arch_known("SCMP_ARCH_X86"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(test_without, teardown)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

#include <seccomp.h>

/* What the kernel does (Documentation/networking/filter.rst). */
static uint32_t interpret(const struct sock_filter *f, size_t n, const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t k = f[i].k;
		bool yes;

		switch (f[i].code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (k % 4 || k >= sizeof(*data))
				return NEVER;
			memcpy(&a, (const char *)data + k, 4);
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= k;
			continue;
		case BPF_RET | BPF_K:
			return k;
		case BPF_JMP | BPF_JA | BPF_K:
			i += k;
			continue;
		case BPF_JMP | BPF_JEQ | BPF_K:
			yes = a == k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			yes = a > k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			yes = a >= k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			yes = a & k;
			break;
		default:
			return NEVER;
		}
		i += yes ? f[i].jt : f[i].jf;
	}
	return NEVER;
}

static uint32_t action(uint32_t arch, uint32_t nr, uint64_t arg0, uint64_t arg1)
{
	struct seccomp_data data = {.nr = (int)nr, .arch = arch, .args = {arg0, arg1}};

	return interpret(t.filter.insns, t.filter.n, &data);
}

/* ---- What programs do --------------------------------------------------------------------------- */

#define COMPILES(json) assert_string_equal(compile(json), "")
#define ASK_WITH(arch, nr, arg0, arg1, expected) \
	assert_int_equal(action(arch, nr, arg0, arg1), (uint32_t)(expected))
#define ASK(arch, nr, expected) ASK_WITH(arch, nr, 0, 0, expected)

/* verifies: config linux.seccomp.defaultAction*, config linux.seccomp.syscalls[].action*,
 * config linux.seccomp.defaultErrnoRet, config linux.seccomp.syscalls[].errnoRet,
 * config linux.seccomp.syscalls[].names */
static void test_actions(void **state)
{
	static const struct {
		const char *name, *number;
		uint32_t action;
	} rows[] = {
		{"KILL", "", THREAD},
		{"KILL_THREAD", "", THREAD},
		{"KILL_PROCESS", "", PROCESS},
		{"TRAP", "", TRAP},
		{"ALLOW", "", ALLOW},
		{"LOG", "", LOG},
		{"ERRNO", "", ERRNO(EPERM)},
		{"ERRNO", "38", ERRNO(38)},
		{"ERRNO", "0", ERRNO(0)},
		{"ERRNO", "4094", ERRNO(4094)},
		{"TRACE", "", TRACE(EPERM)},
		{"TRACE", "65535", TRACE(65535)},
	};
	char json[512];

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		/* As the action of a rule: getpid(39); the default is another one. */
		bool allow = rows[i].action == ALLOW;

		snprintf(json, sizeof(json),
			 PROFILE("%s", "", "{'names':['read','getpid'],'action':'SCMP_ACT_%s'%s%s}"),
			 allow ? "TRAP" : "ALLOW", rows[i].name,
			 rows[i].number[0] ? ",'errnoRet':" : "", rows[i].number);
		COMPILES(json);
		ASK(X64, 0, rows[i].action);
		ASK(X64, 39, rows[i].action);
		ASK(X64, 1, allow ? TRAP : ALLOW);
		/* As the default: write(1) has it, below the last that the profile names. */
		snprintf(json, sizeof(json), PROFILE("%s", "%s%s", RULE("'getpid'", "%s", "")),
			 rows[i].name, rows[i].number[0] ? ",'defaultErrnoRet':" : "",
			 rows[i].number, allow ? "TRAP" : "ALLOW");
		COMPILES(json);
		ASK(X64, 1, rows[i].action);
		ASK(X64, 39, allow ? TRAP : ALLOW);
	}
}

#define ARGS(args) "," "'args':[" args "]"
#define ARG(index, value, op) "{'index':" index ",'value':" value ",'op':'SCMP_CMP_" op "'}"

/* verifies: config linux.seccomp.syscalls[].args* */
static void test_operators(void **state)
{
	static const struct {
		const char *op;
		bool below, equal, above;
	} rows[] = {
		{"NE", true, false, true},  {"LT", true, false, false}, {"LE", true, true, false},
		{"EQ", false, true, false}, {"GE", false, true, true},	{"GT", false, false, true},
	};
	/* All 64 bits count, as unsigned numbers. */
	static const uint64_t values[] = {5, 0x80000000, 0xffffffff, 0x100000000, 0x5fffffffe,
					  0x8000000000000000, 0xfffffffffffffffe};
	char json[512];

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		for (size_t k = 0; k < ROWS(values); k++) {
			uint64_t v = values[k], far = 1ull << 32;

			snprintf(json, sizeof(json),
				 PROFILE("ERRNO", "",
					 RULE("'getpid'", "ALLOW", ARGS(ARG("1", "%llu", "%s")))),
				 (unsigned long long)v, rows[i].op);
			COMPILES(json);
			ASK_WITH(X64, 39, 0, v - 1, rows[i].below ? ALLOW : ERRNO(1));
			ASK_WITH(X64, 39, 0, v, rows[i].equal ? ALLOW : ERRNO(1));
			ASK_WITH(X64, 39, 0, v + 1, rows[i].above ? ALLOW : ERRNO(1));
			ASK_WITH(X64, 39, v, 0, rows[i].below ? ALLOW : ERRNO(1));
			/* The same lower half is not enough. */
			if (v < UINT64_MAX - far)
				ASK_WITH(X64, 39, 0, v + far, rows[i].above ? ALLOW : ERRNO(1));
			if (v >= far)
				ASK_WITH(X64, 39, 0, v - far, rows[i].below ? ALLOW : ERRNO(1));
			ASK_WITH(X64, 38, 0, v, ERRNO(1));
		}
	}
}

static void test_masks(void **state)
{
	(void)state;
	COMPILES(PROFILE("ERRNO", "",
			 RULE("'clone'", "ALLOW",
			      ARGS("{'index':0,'value':2114060288,'valueTwo':0,"
				   "'op':'SCMP_CMP_MASKED_EQ'}"))));
	ASK_WITH(X64, 56, 0x11, 0, ALLOW);
	ASK_WITH(X64, 56, 0x10000000, 0, ERRNO(1)); /* CLONE_NEWUSER */
	ASK_WITH(X64, 56, 0x7e020011, 0, ERRNO(1));
	/* Above the mask nothing counts. */
	ASK_WITH(X64, 56, 0xff00000011, 0, ALLOW);
	COMPILES(PROFILE("ERRNO", "",
			 RULE("'clone'", "ALLOW",
			      ARGS("{'index':0,'value':1095216660480,'valueTwo':4294967296,"
				   "'op':'SCMP_CMP_MASKED_EQ'}"))));
	ASK_WITH(X64, 56, 0x1deadbeef, 0, ALLOW);
	ASK_WITH(X64, 56, 0x3deadbeef, 0, ERRNO(1));
	ASK_WITH(X64, 56, 0xdeadbeef, 0, ERRNO(1));
	/* Without valueTwo it is 0. */
	COMPILES(PROFILE("ERRNO", "", RULE("'clone'", "ALLOW", ARGS(ARG("0", "4", "MASKED_EQ")))));
	ASK_WITH(X64, 56, 3, 0, ALLOW);
	ASK_WITH(X64, 56, 4, 0, ERRNO(1));
}

static void test_conditions(void **state)
{
	(void)state;
	/* Of different arguments: all must hold. */
	COMPILES(PROFILE("ERRNO", "",
			 RULE("'socket','read'", "ALLOW",
			      ARGS(ARG("0", "2", "EQ") "," ARG("1", "1", "EQ")))));
	ASK_WITH(X64, 41, 2, 1, ALLOW);
	ASK_WITH(X64, 41, 2, 2, ERRNO(1));
	ASK_WITH(X64, 41, 3, 1, ERRNO(1));
	ASK_WITH(X64, 0, 2, 1, ALLOW);
	/* Of one argument: each is a rule of its own, as runc has it. */
	COMPILES(PROFILE("ERRNO", "",
			 RULE("'socket'", "ALLOW",
			      ARGS(ARG("0", "2", "EQ") "," ARG("0", "10", "EQ") "," ARG("1", "7", "EQ")))));
	ASK_WITH(X64, 41, 2, 1, ALLOW);
	ASK_WITH(X64, 41, 10, 1, ALLOW);
	ASK_WITH(X64, 41, 9, 7, ALLOW);
	ASK_WITH(X64, 41, 9, 1, ERRNO(1));
	/* Several rules for one call, and one with the default action, which says nothing. */
	COMPILES(PROFILE("ERRNO", "",
			 RULE("'personality'", "ALLOW", ARGS(ARG("0", "0", "EQ"))) ","
			 RULE("'personality'", "LOG", ARGS(ARG("0", "8", "EQ"))) ","
			 RULE("'personality'", "ERRNO", ARGS(ARG("0", "0", "EQ")))));
	ASK_WITH(X64, 135, 0, 0, ALLOW);
	ASK_WITH(X64, 135, 8, 0, LOG);
	ASK_WITH(X64, 135, 9, 0, ERRNO(1));
	/* The same rule twice. */
	COMPILES(PROFILE("ERRNO", "", RULE("'read','read'", "ALLOW", "") "," RULE("'read'", "ALLOW", "")));
	ASK(X64, 0, ALLOW);
}

/* verifies: config linux.seccomp.architectures[]=SCMP_ARCH_X86,
 * config linux.seccomp.architectures[]=SCMP_ARCH_X86_64,
 * config linux.seccomp.architectures[]=SCMP_ARCH_X32 */
static void test_architectures(void **state)
{
	static const char three[] = ",'architectures':['SCMP_ARCH_X86','SCMP_ARCH_X32','SCMP_ARCH_X86_64',"
				    "'SCMP_ARCH_X86']";
	char json[512];

	(void)state;
	/* Absent, empty, or only others: the native one is always there. */
	COMPILES(PROFILE("ERRNO", "", RULE("'getpid','exit_group'", "ALLOW", "")));
	ASK(X64, 39, ALLOW);
	ASK(X64, 20, ERRNO(1));
	ASK(I386, 20, THREAD); /* getpid there */
	ASK(I386, 39, THREAD);
	ASK(X64, X32(39), THREAD);
	ASK(AUDIT_ARCH_AARCH64, 39, THREAD);
	COMPILES(PROFILE("ERRNO", ",'architectures':['SCMP_ARCH_X86']",
			 RULE("'getpid','exit_group'", "ALLOW", "")));
	ASK(X64, 39, ALLOW);
	ASK(I386, 20, ALLOW);
	ASK(I386, 39, ERRNO(1)); /* mkdir */
	ASK(X64, X32(39), THREAD);
	/* All three, in any order. */
	snprintf(json, sizeof(json),
		 "{'defaultAction':'SCMP_ACT_ERRNO'%s,'syscalls':[{'names':['getpid','exit_group'],"
		 "'action':'SCMP_ACT_ALLOW'}]}", three);
	COMPILES(json);
	ASK(X64, 39, ALLOW);
	ASK(I386, 20, ALLOW);
	ASK(X64, X32(39), ALLOW);
	ASK(X64, X32(20), ERRNO(1));
	ASK(AUDIT_ARCH_AARCH64, 39, THREAD);
	ASK(0, 0, THREAD);
}

/* verifies: config linux.seccomp.architectures[]=* */
static void test_other_architectures(void **state)
{
	static const char *const names[] = {
		"ARM",	  "AARCH64",  "MIPS",	     "MIPS64", "MIPS64N32",   "MIPSEL", "MIPSEL64",
		"MIPSEL64N32", "PPC", "PPC64",	     "PPC64LE", "S390",	      "S390X",	"PARISC",
		"PARISC64", "RISCV64", "LOONGARCH64", "M68K",   "SH",	      "SHEB",
	};
	static const char *const foreign[] = {"MIPS", "MIPS64", "MIPS64N32", "PPC", "PPC64", "S390",
					      "S390X", "PARISC", "PARISC64", "M68K", "SHEB"};
	char json[256], name[64], message[256];

	(void)state;
	for (size_t i = 0; i < ROWS(names); i++) {
		bool big_endian = false;

		for (size_t k = 0; k < ROWS(foreign); k++)
			big_endian |= streq(names[i], foreign[k]);
		snprintf(name, sizeof(name), "SCMP_ARCH_%s", names[i]);
		snprintf(json, sizeof(json), "{'defaultAction':'SCMP_ACT_ALLOW','architectures':['%s']}",
			 name);
		message[0] = 0;
		if (!seccomp_arch_known(name))
			snprintf(message, sizeof(message),
				 "linux.seccomp.architectures[0]: libseccomp does not know \"%s\"", name);
		else if (big_endian)
			snprintf(message, sizeof(message),
				 "linux.seccomp.architectures[0]: \"%s\" can't be in one filter with this "
				 "machine's", name);
		assert_string_equal(compile(json), message);
	}
	assert_true(seccomp_arch_known("SCMP_ARCH_X86_64"));
	assert_false(seccomp_arch_known("SCMP_ARCH_VAX"));
	assert_false(seccomp_arch_known("x86_64"));
	/* Calls of one that is listed get the profile's answer. */
	COMPILES(PROFILE("ERRNO", ",'architectures':['SCMP_ARCH_AARCH64']",
			 RULE("'getpid','accept4'", "ALLOW", "")));
	ASK(AUDIT_ARCH_AARCH64, 172, ALLOW);
	ASK(AUDIT_ARCH_AARCH64, 39, ERRNO(1));
	ASK(AUDIT_ARCH_AARCH64, 243, ERRNO(ENOSYS)); /* above accept4, 242 */
	ASK(X64, 243, ERRNO(1));
	ASK(X64, 39, ALLOW);
}

/* A call that is newer than the profile fails with ENOSYS, where it would be forbidden. */
static void test_newer_calls(void **state)
{
	static const char three[] =
		PROFILE("ERRNO", ",'architectures':['SCMP_ARCH_X86_64','SCMP_ARCH_X86','SCMP_ARCH_X32']",
			RULE("'read','accept4','clone3'", "ALLOW", "") ","
			RULE("'openat2'", "KILL_PROCESS", ARGS(ARG("0", "1", "EQ"))));

	(void)state;
	COMPILES(three);
	/* openat2 is 437 everywhere; a rule with arguments and one that forbids count as well. */
	ASK_WITH(X64, 437, 1, 0, PROCESS);
	ASK_WITH(X64, 437, 2, 0, ERRNO(1));
	ASK(X64, 435, ALLOW);
	ASK(X64, 436, ERRNO(1));
	ASK(X64, 438, ERRNO(ENOSYS));
	ASK(X64, 0x3fffffff, ERRNO(ENOSYS));
	ASK_WITH(I386, 437, 1, 0, PROCESS);
	ASK(I386, 436, ERRNO(1));
	ASK(I386, 438, ERRNO(ENOSYS));
	ASK(I386, UINT32_MAX, ERRNO(ENOSYS));
	ASK(X64, X32(435), ALLOW);
	ASK(X64, X32(436), ERRNO(1));
	ASK(X64, X32(438), ERRNO(ENOSYS));
	/* Per architecture: accept4 is 288 here and 364 there, a part of socketcall(102) as well. */
	COMPILES(PROFILE("KILL_PROCESS", ",'architectures':['SCMP_ARCH_X86']",
			 RULE("'accept4'", "ALLOW", "")));
	ASK(X64, 287, PROCESS);
	ASK(X64, 289, ERRNO(ENOSYS));
	ASK(I386, 363, PROCESS);
	ASK(I386, 365, ERRNO(ENOSYS));
	/* x32 without being listed is refused, not unknown. */
	ASK(X64, X32(1000), THREAD);
	/* What lets calls happen is not hardened. */
	COMPILES(PROFILE("ALLOW", "", RULE("'read'", "TRAP", "")));
	ASK(X64, 1000, ALLOW);
	COMPILES(PROFILE("LOG", "", RULE("'read','accept4'", "TRAP", "")));
	ASK(X64, 1000, LOG);
	COMPILES(PROFILE("TRACE", "", RULE("'read','accept4'", "TRAP", "")));
	ASK(X64, 1000, TRACE(1));
	/* A profile that names nothing knows nothing either. */
	COMPILES(PROFILE("ERRNO", "", ""));
	ASK(X64, 0, ERRNO(1));
	ASK(X64, 1000, ERRNO(1));
	ASK(I386, 0, THREAD);
	/* ENOSYS is its own default. */
	COMPILES(PROFILE("ERRNO", ",'defaultErrnoRet':38", RULE("'accept4'", "ALLOW", "")));
	ASK(X64, 0, ERRNO(ENOSYS));
	ASK(X64, 1000, ERRNO(ENOSYS));
}

static void test_unknown_names(void **state)
{
	(void)state;
	COMPILES(PROFILE("ERRNO", "", RULE("'read','no_such_call','write','Read','arm_fadvise64_64'",
					   "ALLOW", "")));
	ASK(X64, 0, ALLOW);
	ASK(X64, 1, ALLOW);
	assert_string_equal(t.filter.words, "default errno 1, allow 3 calls, 1 architecture, 2 unknown "
					    "names skipped");
}

/* verifies: config linux.seccomp.flags* */
static void test_flags(void **state)
{
	static const struct {
		const char *json;
		uint32_t flags;
	} rows[] = {
		{"", SECCOMP_FILTER_FLAG_SPEC_ALLOW}, /* absent is not empty */
		{",'flags':null", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
		{",'flags':[]", 0},
		{",'flags':['SECCOMP_FILTER_FLAG_TSYNC']", SECCOMP_FILTER_FLAG_TSYNC},
		{",'flags':['SECCOMP_FILTER_FLAG_LOG']", SECCOMP_FILTER_FLAG_LOG},
		{",'flags':['SECCOMP_FILTER_FLAG_SPEC_ALLOW']", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
		{",'flags':['SECCOMP_FILTER_FLAG_LOG','SECCOMP_FILTER_FLAG_SPEC_ALLOW']",
		 SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW},
	};
	char json[256];

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		snprintf(json, sizeof(json), "{'defaultAction':'SCMP_ACT_ALLOW'%s}", rows[i].json);
		COMPILES(json);
		assert_int_equal(t.filter.flags, rows[i].flags);
	}
}

static void test_words(void **state)
{
	static const struct {
		const char *json, *words;
	} rows[] = {
		{PROFILE("ALLOW", "", ""), "default allow, 1 architecture"},
		{PROFILE("KILL", "", RULE("'read'", "LOG", "")),
		 "default kill thread, log for 1 call, 1 architecture"},
		{PROFILE("ERRNO", ",'architectures':['SCMP_ARCH_X86','SCMP_ARCH_X32']",
			 RULE("'read','write'", "ALLOW", "") ","
			 RULE("'clone3'", "ERRNO", ",'errnoRet':38") ","
			 RULE("'close'", "ALLOW", "") ","
			 RULE("'clone','socket'", "ALLOW", ARGS(ARG("0", "1", "EQ"))) ","
			 RULE("'mount'", "TRACE", ",'errnoRet':7") ","
			 RULE("'reboot'", "ERRNO", "")),
		 "default errno 1, allow 3 calls, errno 38 for 1 call, trace 7 for 1 call, 1 rule with "
		 "arguments, 3 architectures"},
		{PROFILE("TRAP", "", RULE("'read'", "KILL_PROCESS", ARGS(ARG("0", "1", "EQ"))) ","
				     RULE("'read'", "KILL_PROCESS", ARGS(ARG("0", "2", "EQ")))),
		 "default trap, 2 rules with arguments, 1 architecture"},
	};

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		COMPILES(rows[i].json);
		assert_string_equal(t.filter.words, rows[i].words);
	}
}

/* ---- The profile that engines write -------------------------------------------------------------- */

static char *engine_profile(void)
{
	struct text doc = TEXT_INIT;
	const char *top = getenv("top_srcdir");
	char path[4096];

	snprintf(path, sizeof(path), "%s/tests/data/seccomp-engine.json", top ? top : ".");
	if (file_read_at(AT_FDCWD, path, 1 << 20, &doc) < 0)
		fail_msg("%s can't be read", path);
	return text_take(&doc);
}

/* 1 allowed without a look at arguments, -1 with one, 0 not at all. */
static int named(const char *name)
{
	int found = 0;

	for (size_t i = 0; i < t.profile->syscalls.n; i++) {
		const struct seccomp_rule *rule = &t.profile->syscalls.v[i];

		for (size_t k = 0; name && k < rule->names.n; k++)
			if (streq(rule->names.v[k], name))
				found = rule->args.n || rule->errno_ret ? -1 : 1;
	}
	return found;
}

static uint32_t highest(uint32_t token)
{
	int last = 0, n;

	for (size_t i = 0; i < t.profile->syscalls.n; i++)
		for (size_t k = 0; k < t.profile->syscalls.v[i].names.n; k++) {
			n = seccomp_syscall_resolve_name_arch(token,
							      t.profile->syscalls.v[i].names.v[k]);
			last = n > last ? n : last;
		}
	return (uint32_t)last;
}

/* Every number of every architecture has the answer that the profile's text gives. */
static void test_engine_profile(void **state)
{
	static const struct {
		uint32_t token, audit, base;
	} archs[] = {{SCMP_ARCH_X86_64, X64, 0}, {SCMP_ARCH_X86, I386, 0}, {SCMP_ARCH_X32, X64, X32(0)}};
	char *json = engine_profile();
	unsigned allowed = 0;

	(void)state;
	COMPILES(json);
	free(json);
	assert_true(t.filter.n < 700);
	for (size_t i = 0; i < ROWS(archs); i++) {
		uint32_t last = highest(archs[i].token);

		for (uint32_t n = archs[i].base; n < archs[i].base + 1024; n++) {
			char *name = seccomp_syscall_resolve_num_arch(archs[i].token, (int)n);
			int answer = named(name);

			free(name);
			allowed += answer == 1;
			if (answer >= 0)
				ASK(archs[i].audit, n,
				    answer ? ALLOW : n > last ? ERRNO(ENOSYS) : ERRNO(EPERM));
		}
	}
	assert_true(allowed > 900);
	ASK_WITH(X64, 41, 2, 0, ALLOW); /* socket */
	ASK_WITH(X64, 41, 40, 0, ERRNO(EPERM));
	ASK_WITH(I386, 359, 40, 0, ERRNO(EPERM));
	ASK_WITH(X64, 135, 8, 0, ALLOW); /* personality */
	ASK_WITH(X64, 135, 9, 0, ERRNO(EPERM));
	ASK_WITH(X64, X32(135), 9, 0, ERRNO(EPERM));
	ASK_WITH(X64, 56, 0x11, 0, ALLOW); /* clone */
	ASK_WITH(X64, 56, 0x10000011, 0, ERRNO(EPERM));
	ASK(X64, 435, ERRNO(ENOSYS)); /* clone3 */
	assert_string_equal(t.filter.words, "default errno 1, allow 346 calls, errno 38 for 1 call, 7 rules "
					    "with arguments, 3 architectures");
}

/* ---- The tree ------------------------------------------------------------------------------------ */

#define LD(at)		  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at)
#define JMP(op, k, jt, jf) BPF_JUMP(BPF_JMP | BPF_K | (op), k, jt, jf)
#define RET(v)		  BPF_STMT(BPF_RET | BPF_K, v)
#define NR		  0
#define ARCH		  4

static void same(const struct sock_filter *a, size_t an, const struct text *b, uint32_t arch, uint32_t nr)
{
	static const uint64_t args[] = {0, 1, 7, UINT64_MAX};

	for (size_t i = 0; i < ROWS(args); i++) {
		struct seccomp_data data = {.nr = (int)nr, .arch = arch, .args = {args[i]}};

		assert_int_equal(interpret(a, an, &data),
				 interpret((const void *)b->s, b->len / sizeof(*a), &data));
	}
}

#define CALLS	700		     /* of each architecture, three instructions each */
#define SECTION (4 + 3 * CALLS + 1)  /* of one architecture */
#define SHARED	(2 * SECTION + 1)    /* where the check of an argument is */

/* A long linear program in which every number has an answer of its own, so that few jumps are short;
 * every tenth depends on an argument, in instructions that all of them share. */
static void old_make(const uint32_t archs[2], struct text *out)
{
	const struct sock_filter tail[] = {RET(9999), LD(16), JMP(BPF_JGT, 6, 1, 0), RET(6000), RET(6001)};

	for (unsigned i = 0; i < 2; i++) {
		const struct sock_filter head[] = {LD(ARCH), JMP(BPF_JEQ, archs[i], 1, 0),
						   JMP(BPF_JA, SECTION - 3, 0, 0), LD(NR)};
		const struct sock_filter end = RET(5000 + i);

		text_add_bytes(out, head, sizeof(head));
		for (unsigned k = 0; k < CALLS; k++) {
			struct sock_filter one[] = {JMP(BPF_JEQ, 3 * k + i, 0, 2), RET(k), RET(8888)};

			if (k % 10 == 0)
				one[1] = (struct sock_filter)JMP(
					BPF_JA, SHARED - SECTION * i - 5 - 3 * k - 1, 0, 0);
			text_add_bytes(out, one, sizeof(one));
		}
		text_add_bytes(out, &end, sizeof(end));
	}
	text_add_bytes(out, tail, sizeof(tail));
}

static void test_tree_same(void **state)
{
	static const uint32_t archs[] = {X64, I386};
	struct text old = TEXT_INIT, new = TEXT_INIT;
	size_t n;

	(void)state;
	old_make(archs, &old);
	n = old.len / sizeof(struct sock_filter);
	assert_int_equal(seccomp_tree((const void *)old.s, n, archs, 2, &new), 0);
	for (uint32_t nr = 0; nr < 3 * CALLS + 20; nr++)
		for (unsigned i = 0; i < 3; i++)
			same((const void *)old.s, n, &new, i < 2 ? archs[i] : AUDIT_ARCH_ARM, nr);
	same((const void *)old.s, n, &new, X64, UINT32_MAX);
	same((const void *)old.s, n, &new, X64, 0x80000000);
	text_free(&old);
	text_free(&new);
}

static void test_tree_refuses(void **state)
{
	static const uint32_t archs[] = {X64};
	static const struct {
		size_t n;
		struct sock_filter v[5];
	} rows[] = {
		{0, {RET(0)}},
		{1, {LD(NR)}},						    /* no end */
		{3, {LD(NR), JMP(BPF_JEQ, 1, 1, 0), RET(0)}},		    /* out of it */
		{3, {LD(NR), JMP(BPF_JA, 1, 0, 0), RET(0)}},
		{4, {LD(NR), JMP(BPF_JSET, 1, 0, 1), RET(0), RET(1)}},	    /* not an interval */
		{4, {LD(NR), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 1), RET(0), RET(0)}},
		{4, {LD(ARCH), JMP(BPF_JEQ, I386, 0, 1), RET(0), RET(1)}},  /* not listed */
		{4, {LD(ARCH), JMP(BPF_JGT, X64, 0, 1), RET(0), RET(1)}},
		{3, {BPF_STMT(BPF_LD | BPF_IMM, 1), BPF_STMT(BPF_MISC | BPF_TAX, 0), RET(0)}},
		{3, {JMP(BPF_JEQ, 0, 0, 1), RET(0), RET(1)}},		    /* of nothing */
		{2, {LD(NR), BPF_STMT(BPF_RET | BPF_A, 0)}},
	};
	struct text out = TEXT_INIT;

	(void)state;
	for (size_t i = 0; i < ROWS(rows); i++) {
		assert_int_equal(seccomp_tree(rows[i].v, rows[i].n, archs, 1, &out), -ENOTSUP);
		assert_int_equal(out.len, 0);
	}
	/* One that is taken, so that refusing is no habit. */
	assert_int_equal(seccomp_tree((const struct sock_filter[]){LD(ARCH), JMP(BPF_JEQ, X64, 0, 1), RET(0),
								   RET(1)},
				      4, archs, 1, &out), 0);
	text_free(&out);
}

/* ---- The cache ----------------------------------------------------------------------------------- */

#define ONE   PROFILE("ERRNO", "", RULE("'read','write'", "ALLOW", ""))
#define OTHER PROFILE("ERRNO", "", RULE("'read','close'", "ALLOW", ""))

static void path_of(const char *json, char *path, size_t size)
{
	struct text text = TEXT_INIT;

	seccomp_cache_text(profile(json), &text);
	snprintf(path, size, SECCOMP_CACHE_DIR "/%016llx",
		 (unsigned long long)seccomp_cache_key(&text));
	text_free(&text);
}

static int get(const struct temp *root)
{
	struct seccomp_filter f = {0};
	int r = seccomp_cache_get(root->path, t.profile, &t.arena, &f);

	if (r < 0)
		return r;
	assert_int_equal(f.n, t.filter.n);
	assert_memory_equal(f.insns, t.filter.insns, f.n * sizeof(*f.insns));
	assert_int_equal(f.flags, t.filter.flags);
	assert_string_equal(f.words, t.filter.words);
	return 0;
}

static void test_cache(void **state)
{
	struct temp root = temp_make();
	char one[64], other[64];
	struct stat st;

	(void)state;
	COMPILES(ONE);
	assert_int_equal(get(&root), -ENOENT);
	assert_int_equal(seccomp_cache_put(root.fd, t.profile, &t.filter), 0);
	assert_int_equal(get(&root), 0);
	assert_int_equal(fstatat(root.fd, SECCOMP_CACHE_DIR, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	/* Another profile has another file, also one that differs in flags alone. */
	path_of(ONE, one, sizeof(one));
	assert_int_equal(fstatat(root.fd, one, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	path_of(OTHER, other, sizeof(other));
	assert_string_not_equal(one, other);
	path_of(PROFILE("ERRNO", ",'flags':[]", RULE("'read','write'", "ALLOW", "")), other, sizeof(other));
	assert_string_not_equal(one, other);
	COMPILES(OTHER);
	assert_int_equal(get(&root), -ENOENT);
	assert_int_equal(seccomp_cache_put(root.fd, t.profile, &t.filter), 0);
	assert_int_equal(get(&root), 0);
	/* The same key for another text: the text decides. */
	path_of(ONE, one, sizeof(one));
	path_of(OTHER, other, sizeof(other));
	assert_int_equal(renameat(root.fd, one, root.fd, other), 0);
	assert_int_equal(get(&root), -ENOENT);
	assert_int_equal(seccomp_cache_put(root.fd, t.profile, &t.filter), 0);
	assert_int_equal(get(&root), 0);
	temp_remove(&root);
}

/* Where strings end and which are absent is part of the text. */
static void test_cache_text(void **state)
{
	static const char *const profiles[] = {
		ONE,
		OTHER,
		PROFILE("ERRNO", "", RULE("'readwrite'", "ALLOW", "")),
		PROFILE("ERRNO", "", RULE("'read'", "ALLOW", "") "," RULE("'write'", "ALLOW", "")),
		PROFILE("ERRNO", ",'defaultErrnoRet':1", RULE("'read','write'", "ALLOW", "")),
		PROFILE("ERRNO", ",'architectures':['SCMP_ARCH_X86']", RULE("'read','write'", "ALLOW", "")),
		PROFILE("ERRNO", ",'flags':[]", RULE("'read','write'", "ALLOW", "")),
		PROFILE("ERRNO", ",'flags':['SECCOMP_FILTER_FLAG_LOG']", RULE("'read','write'", "ALLOW", "")),
		PROFILE("ERRNO", "", RULE("'read','write'", "LOG", "")),
		PROFILE("ERRNO", "", RULE("'read','write'", "ALLOW", ARGS(ARG("0", "1", "EQ")))),
		PROFILE("ERRNO", "", RULE("'read','write'", "ALLOW", ARGS(ARG("1", "1", "EQ")))),
		PROFILE("ERRNO", "", RULE("'read','write'", "ALLOW", ARGS(ARG("0", "2", "EQ")))),
		PROFILE("ERRNO", "", RULE("'read','write'", "ALLOW", ARGS(ARG("0", "1", "NE")))),
		PROFILE("ERRNO", "",
			RULE("'read','write'", "ALLOW",
			     ARGS("{'index':0,'value':1,'valueTwo':0,'op':'SCMP_CMP_EQ'}"))),
	};
	struct text texts[ROWS(profiles)];

	(void)state;
	for (size_t i = 0; i < ROWS(profiles); i++) {
		texts[i] = (struct text)TEXT_INIT;
		seccomp_cache_text(profile(profiles[i]), &texts[i]);
		for (size_t k = 0; k < i; k++) {
			assert_true(texts[i].len != texts[k].len ||
				    memcmp(texts[i].s, texts[k].s, texts[i].len));
			assert_true(seccomp_cache_key(&texts[i]) != seccomp_cache_key(&texts[k]));
		}
	}
	for (size_t i = 0; i < ROWS(profiles); i++)
		text_free(&texts[i]);
}

/* Whatever byte is another, and wherever it ends: the file counts as none, and is replaced. */
static void test_cache_damage(void **state)
{
	struct temp root = temp_make();
	struct text good = TEXT_INIT;
	char path[64];

	(void)state;
	COMPILES(ONE);
	assert_int_equal(seccomp_cache_put(root.fd, t.profile, &t.filter), 0);
	path_of(ONE, path, sizeof(path));
	assert_int_equal(file_read_at(root.fd, path, 1 << 20, &good), 0);
	for (size_t i = 0; i < good.len; i++) {
		int fd = openat(root.fd, path, O_WRONLY | O_TRUNC | O_CLOEXEC);

		good.s[i] ^= 0x10;
		assert_int_equal(fd_write_all(fd, good.s, good.len), 0);
		assert_int_equal(get(&root), -ENOENT);
		good.s[i] ^= 0x10;
		assert_int_equal(ftruncate(fd, (off_t)i), 0);
		assert_int_equal(get(&root), -ENOENT);
		close(fd);
	}
	assert_int_equal(seccomp_cache_put(root.fd, t.profile, &t.filter), 0);
	assert_int_equal(get(&root), 0);
	/* A directory in its place can't be replaced; it does no harm. */
	assert_int_equal(unlinkat(root.fd, path, 0), 0);
	assert_int_equal(mkdirat(root.fd, path, 0700), 0);
	assert_int_equal(get(&root), -ENOENT);
	assert_true(seccomp_cache_put(root.fd, t.profile, &t.filter) < 0);
	text_free(&good);
	temp_remove(&root);
}

/* What others could have written is not read, nor written to. */
static void test_cache_ours(void **state)
{
	struct temp root = temp_make();

	(void)state;
	COMPILES(ONE);
	assert_int_equal(seccomp_cache_put(root.fd, t.profile, &t.filter), 0);
	assert_int_equal(fchmodat(root.fd, SECCOMP_CACHE_DIR, 0770, 0), 0);
	assert_int_equal(get(&root), -ENOENT);
	assert_int_equal(seccomp_cache_put(root.fd, t.profile, &t.filter), -EPERM);
	assert_int_equal(fchmodat(root.fd, SECCOMP_CACHE_DIR, 0700, 0), 0);
	assert_int_equal(get(&root), 0);
	if (geteuid() == 0) {
		assert_int_equal(fchownat(root.fd, SECCOMP_CACHE_DIR, 1000, 1000, 0), 0);
		assert_int_equal(get(&root), -ENOENT);
		assert_int_equal(fchownat(root.fd, SECCOMP_CACHE_DIR, 0, 0, 0), 0);
	}
	assert_int_equal(renameat(root.fd, SECCOMP_CACHE_DIR, root.fd, "moved"), 0);
	assert_int_equal(symlinkat("moved", root.fd, SECCOMP_CACHE_DIR), 0);
	assert_int_equal(get(&root), -ENOENT);
	assert_true(seccomp_cache_put(root.fd, t.profile, &t.filter) < 0);
	temp_remove(&root);
}

static void test_cache_prune(void **state)
{
	struct temp root = temp_make();
	char json[256], path[64];
	unsigned i;

	(void)state;
	for (i = 0; i < SECCOMP_CACHE_ENTRIES + 3; i++) {
		struct timespec times[2] = {{.tv_sec = 1000 + i}, {.tv_sec = 1000 + i}};

		snprintf(json, sizeof(json), PROFILE("ERRNO", ",'defaultErrnoRet':%u", ""), i + 1);
		COMPILES(json);
		assert_int_equal(seccomp_cache_put(root.fd, t.profile, &t.filter), 0);
		path_of(json, path, sizeof(path));
		assert_int_equal(utimensat(root.fd, path, times, 0), 0);
		assert_true(entry_count(root.fd, SECCOMP_CACHE_DIR) <= SECCOMP_CACHE_ENTRIES);
	}
	assert_int_equal(entry_count(root.fd, SECCOMP_CACHE_DIR), SECCOMP_CACHE_ENTRIES);
	/* The first three are gone, the others there. */
	for (i = 0; i < SECCOMP_CACHE_ENTRIES + 3; i++) {
		snprintf(json, sizeof(json), PROFILE("ERRNO", ",'defaultErrnoRet':%u", ""), i + 1);
		COMPILES(json);
		assert_int_equal(get(&root), i < 3 ? -ENOENT : 0);
	}
	temp_remove(&root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_actions, teardown),
		cmocka_unit_test_teardown(test_operators, teardown),
		cmocka_unit_test_teardown(test_masks, teardown),
		cmocka_unit_test_teardown(test_conditions, teardown),
		cmocka_unit_test_teardown(test_architectures, teardown),
		cmocka_unit_test_teardown(test_other_architectures, teardown),
		cmocka_unit_test_teardown(test_newer_calls, teardown),
		cmocka_unit_test_teardown(test_unknown_names, teardown),
		cmocka_unit_test_teardown(test_flags, teardown),
		cmocka_unit_test_teardown(test_words, teardown),
		cmocka_unit_test_teardown(test_engine_profile, teardown),
		cmocka_unit_test_teardown(test_tree_same, teardown),
		cmocka_unit_test_teardown(test_tree_refuses, teardown),
		cmocka_unit_test_teardown(test_cache, teardown),
		cmocka_unit_test_teardown(test_cache_text, teardown),
		cmocka_unit_test_teardown(test_cache_damage, teardown),
		cmocka_unit_test_teardown(test_cache_ours, teardown),
		cmocka_unit_test_teardown(test_cache_prune, teardown),
	};

	/* The numbers are x86_64's. */
	if (seccomp_arch_native() != SCMP_ARCH_X86_64)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
