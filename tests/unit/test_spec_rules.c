/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Meaning: what the rules refuse and in which words, what they take, and into what form they bring
 * it. Every refusal has a neighbour that is taken, so that a rule which refuses everything fails
 * too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "spec/config.h"
#include "spec/refused.h"
#include "spec/tables.h"

static struct {
	struct arena arena;
	struct warnings warnings;
	struct error err;
	const struct config *config;
} t;

/* ' stands for ". Returns what is said, "" for success; the result is in t until the next call. */
static const char *parse(const char *text)
{
	static char message[4096];
	size_t len = strlen(text);
	char *doc = malloc(len);

	assert_non_null(doc);
	for (size_t i = 0; i < len; i++)
		doc[i] = text[i] == '\'' ? '"' : text[i];
	arena_free(&t.arena);
	warn_free(&t.warnings);
	t.arena = (struct arena)ARENA_INIT;
	t.warnings = (struct warnings)WARNINGS_INIT;
	t.err = (struct error)ERROR_INIT;
	t.config = NULL;
	message[0] = '\0';
	if (config_parse(doc, len, "c", &t.arena, &t.warnings, &t.config, &t.err) < 0)
		error_text(&t.err, message, sizeof(message));
	free(doc);
	return message;
}

static const char *warned(void)
{
	return t.warnings.lines.s ? t.warnings.lines.s : "";
}

#define NAMESPACES \
	"{'type':'mount'},{'type':'pid'},{'type':'uts'},{'type':'ipc'},{'type':'network'}"
#define WITH(top, process, linux, more_namespaces)                                             \
	"{'ociVersion':'1.0.2','root':{'path':'r'}," top "'process':{" process                 \
	"'cwd':'/','args':['sh']},'linux':{" linux "'namespaces':[" NAMESPACES more_namespaces \
	"]}}"
#define TOP(json)     WITH(json ",", "", "", "")
#define PROCESS(json) WITH("", json ",", "", "")
#define LINUX(json)   WITH("", "", json ",", "")

#define SECCOMP(action, more, rules) \
	LINUX("'seccomp':{'defaultAction':'SCMP_ACT_" action "'" more ",'syscalls':[" rules "]}")

#define TAKES(text)	       assert_string_equal(parse(text), "")
#define REFUSES(text, message) assert_string_equal(parse(text), "c: " message)

/* verifies: config ociVersion */
static void test_version(void **state)
{
	static const char *const good[] = {"1.0.0",	"1.0.0-rc1", "1.0.0-rc.5+build.7",
					   "1.0.2-dev", "1.3.0",     "1.99.0",
					   "1.0.0+a",	"1.2.0-a-b"};
	static const char *const other[] = {"0.6.0", "2.0.0", "10.0.0", "2.0.0-rc1"};
	static const char *const bad[] = {"1.0",	"1",	     "1.0.0.0", "01.0.0", "1.0.0-",
					  "1.0.0-a..b", "v1.0.0",    " 1.0.0",	"1.0.0 ", "1.-1.0",
					  "1.0.0+",	"1.0.0-a_b", "latest",	"1..0",	  ""};
	char text[256], message[256];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(text, sizeof(text), "{'ociVersion':'%s','root':{'path':'r'}}", good[i]);
		TAKES(text);
	}
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		snprintf(text, sizeof(text), "{'ociVersion':'%s','root':{'path':'r'}}", other[i]);
		snprintf(message, sizeof(message),
			 "c: ociVersion: must be a version 1 of the runtime specification, got "
			 "\"%s\"",
			 other[i]);
		assert_string_equal(parse(text), message);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "{'ociVersion':'%s','root':{'path':'r'}}", bad[i]);
		snprintf(message, sizeof(message),
			 "c: ociVersion: must be a version like \"1.3.0\" (SemVer 2.0.0), got "
			 "\"%s\"",
			 bad[i]);
		assert_string_equal(parse(text), message);
	}
}

static void test_process(void **state)
{
	(void)state;
	TAKES(PROCESS("'env':['A=','A=b=c','_x=\xc3\xa9\\n']"));
	REFUSES(PROCESS("'env':['A=1','B']"), "process.env[1]: must be NAME=VALUE, got \"B\"");
	REFUSES(PROCESS("'env':['=1']"), "process.env[0]: must be NAME=VALUE, got \"=1\"");
	REFUSES(PROCESS("'env':['']"), "process.env[0]: must be NAME=VALUE, got \"\"");
	REFUSES("{'ociVersion':'1.0.0','root':{'path':'r'},'process':{'cwd':'data','args':['x']}}",
		"process.cwd: must be an absolute path, got \"data\"");
	REFUSES("{'ociVersion':'1.0.0','root':{'path':'r'},'process':{'cwd':'','args':['x']}}",
		"process.cwd: must be an absolute path, got \"\"");
	REFUSES("{'ociVersion':'1.0.0','root':{'path':'r'},'process':{'cwd':'/','args':[]}}",
		"process.args: must have at least one entry");
	REFUSES("{'ociVersion':'1.0.0','root':{'path':'r'},'process':{'cwd':'/','args':['','x']}}",
		"process.args[0]: must not be empty");
	REFUSES("{'ociVersion':'1.0.0','root':{'path':''},'process':{'cwd':'/','args':['x']}}",
		"root.path: must not be empty");
	TAKES(PROCESS("'oomScoreAdj':-1000"));
	REFUSES(PROCESS("'oomScoreAdj':-1001"),
		"process.oomScoreAdj: must be from -1000 to 1000, got -1001");
	REFUSES(PROCESS("'user':{'uid':4294967295}"),
		"process.user.uid: must be from 0 to 4294967294, got 4294967295");
	TAKES(PROCESS("'user':{'umask':511}"));
	REFUSES(PROCESS("'user':{'umask':512}"),
		"process.user.umask: must be from 0 to 511, got 512");
}

static void test_rlimits(void **state)
{
	(void)state;
	TAKES(PROCESS("'rlimits':[{'type':'RLIMIT_NOFILE','soft':1,'hard':1},"
		      "{'type':'RLIMIT_CORE','soft':0,'hard':18446744073709551615}]"));
	REFUSES(PROCESS("'rlimits':[{'type':'RLIMIT_NOFILE','soft':1,'hard':1},"
			"{'type':'RLIMIT_NOFILE','soft':1,'hard':1}]"),
		"process.rlimits[1].type: \"RLIMIT_NOFILE\" is listed twice");
	REFUSES(PROCESS("'rlimits':[{'type':'RLIMIT_CPU','soft':2,'hard':1}]"),
		"process.rlimits[0].soft: must not be above hard (1), got 2");
}

static void test_capabilities(void **state)
{
	const struct capabilities *c;

	(void)state;
	TAKES(PROCESS(
		"'capabilities':{'bounding':['CAP_KILL','CAP_NOPE','cap_chown'],"
		"'permitted':['CAP_KILL','CAP_CHOWN'],'effective':['CAP_KILL','CAP_SYSLOG'],"
		"'inheritable':['CAP_KILL','CAP_CHOWN'],'ambient':['CAP_CHOWN','CAP_KILL']}"));
	assert_string_equal(
		warned(),
		"process.capabilities.bounding: left out, no such capability is known: CAP_NOPE, "
		"cap_chown\n"
		"process.capabilities.inheritable: left out, not in bounding: CAP_CHOWN\n"
		"process.capabilities.effective: left out, not in permitted: CAP_SYSLOG\n"
		"process.capabilities.ambient: left out, not in permitted and inheritable: "
		"CAP_CHOWN\n");
	c = t.config->process->capabilities;
	assert_int_equal(c->bounding.n, 1);
	assert_string_equal(c->bounding.v[0], "CAP_KILL");
	assert_null(c->bounding.v[1]);
	assert_int_equal(c->permitted.n, 2);
	assert_int_equal(c->inheritable.n, 1);
	assert_int_equal(c->effective.n, 1);
	assert_int_equal(c->ambient.n, 1);
	assert_string_equal(c->ambient.v[0], "CAP_KILL");
	TAKES(PROCESS("'capabilities':{'bounding':['CAP_KILL'],'permitted':['CAP_KILL']}"));
	assert_string_equal(warned(), "");
}

static void test_namespaces(void **state)
{
	(void)state;
	REFUSES(WITH("", "", "", ",{'type':'cgroup'},{'type':'pid'}"),
		"linux.namespaces[6].type: \"pid\" is listed twice");
	REFUSES(WITH("", "", "", ",{'type':'cgroup','path':'ns'}"),
		"linux.namespaces[5].path: must be an absolute path, got \"ns\"");
	TAKES(WITH("", "", "", ",{'type':'cgroup'}"));
}

/* verifies: config linux.timeOffsets */
static void test_time_offsets(void **state)
{
	(void)state;
	TAKES(WITH("", "", "'timeOffsets':{'boottime':{'secs':1}},", ",{'type':'time'}"));
	TAKES(WITH("", "", "'timeOffsets':{},", ",{'type':'time','path':'/t'}"));
	REFUSES(WITH("", "", "'timeOffsets':{'boottime':{'secs':1}},", ",{'type':'time','path':'/t'}"),
		"linux.timeOffsets: can't be set in a time namespace that is there already");
	REFUSES(WITH("", "", "'timeOffsets':{'monotonic':{'nanosecs':1000000000}},", ",{'type':'time'}"),
		"linux.timeOffsets.monotonic.nanosecs: must be from 0 to 999999999, got 1000000000");
	REFUSES(WITH("", "", "'timeOffsets':{'monotonic':{'nanosecs':-1}},", ",{'type':'time'}"),
		"linux.timeOffsets.monotonic.nanosecs: must be from 0 to 999999999, got -1");
}

#define SCHEDULER(json) PROCESS("'scheduler':{" json "}")

/* verifies: config process.scheduler.policy=SCHED_ISO */
static void test_scheduler(void **state)
{
	(void)state;
	TAKES(SCHEDULER("'policy':'SCHED_OTHER'"));
	TAKES(SCHEDULER("'policy':'SCHED_OTHER','nice':-20,'priority':0,'flags':[]"));
	TAKES(SCHEDULER("'policy':'SCHED_FIFO','nice':19,'priority':99"));
	REFUSES(SCHEDULER("'policy':'SCHED_ISO'"),
		"process.scheduler.policy: Linux has reserved SCHED_ISO but never had it");
	REFUSES(SCHEDULER("'policy':'SCHED_OTHER','nice':-21"),
		"process.scheduler.nice: must be from -20 to 19, got -21");
	REFUSES(SCHEDULER("'policy':'SCHED_OTHER','nice':20"),
		"process.scheduler.nice: must be from -20 to 19, got 20");
	REFUSES(SCHEDULER("'policy':'SCHED_FIFO','priority':100"),
		"process.scheduler.priority: must be from 0 to 99, got 100");
	REFUSES(SCHEDULER("'nice':1"), "process.scheduler.policy: is required");
	REFUSES(PROCESS("'ioPriority':{'class':'IOPRIO_CLASS_BE','priority':8}"),
		"process.ioPriority.priority: must be from 0 to 7, got 8");
	REFUSES(PROCESS("'ioPriority':{'priority':1}"), "process.ioPriority.class: is required");
}

static void test_exec_affinity(void **state)
{
	(void)state;
	TAKES(PROCESS("'execCPUAffinity':{}"));
	TAKES(PROCESS("'execCPUAffinity':{'initial':'0','final':'0-3,7'}"));
	REFUSES(PROCESS("'execCPUAffinity':{'initial':'x'}"),
		"process.execCPUAffinity.initial: must be a list of CPUs like \"0-3,7\", got \"x\"");
	REFUSES(PROCESS("'execCPUAffinity':{'initial':'0','final':'3-1'}"),
		"process.execCPUAffinity.final: must be a list of CPUs like \"0-3,7\", got \"3-1\"");
}

static void test_uts_names(void **state)
{
	static const char none[] = "{'ociVersion':'1.0.0','root':{'path':'r'},'%s':'h'}";
	char text[256], message[256];
	static const char *const names[] = {"hostname", "domainname"};

	(void)state;
	for (int i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), none, names[i]);
		snprintf(message, sizeof(message),
			 "c: %s: needs an entry of type \"uts\" in linux.namespaces", names[i]);
		assert_string_equal(parse(text), message);
	}
	TAKES(TOP("'hostname':'h','domainname':'d'"));
	TAKES(TOP("'hostname':"
		  "'1234567890123456789012345678901234567890123456789012345678901234'"));
	REFUSES(TOP("'hostname':"
		    "'12345678901234567890123456789012345678901234567890123456789012345'"),
		"hostname: must not be longer than 64 bytes, got 65");
	REFUSES(TOP("'hostname':'a\\nb'"), "hostname: must not contain control characters");
	REFUSES(TOP("'domainname':'a\\u007fb'"), "domainname: must not contain control characters");
}

#define MOUNT(json) TOP("'mounts':[" json "]")
#define OVER(path, type) \
	MOUNT("{'destination':'" path "','type':'" type "','source':'/s','options':['bind']}")

static void test_mounts(void **state)
{
	(void)state;
	TAKES(MOUNT("{'destination':'data/x','type':'tmpfs'}"));
	assert_string_equal(t.config->mounts.v[0].destination, "/data/x");
	assert_string_equal(
		warned(),
		"mounts[0].destination: \"data/x\" is relative, taken from / (deprecated)\n");
	REFUSES(MOUNT("{'destination':'','type':'tmpfs'}"),
		"mounts[0].destination: must not be empty");
	TAKES(MOUNT("{'destination':'/a\\nb','source':'s','options':['rbind','ro']}"));
	REFUSES(MOUNT("{'destination':'/a'}"),
		"mounts[0].type: is required, for options has neither bind nor rbind");
	REFUSES(MOUNT("{'destination':'/a','options':['bind']}"),
		"mounts[0].source: is required for a bind mount");
	TAKES(MOUNT("{'destination':'/a','options':['remount','ro']}"));
	REFUSES(MOUNT("{'destination':'/a','type':'tmpfs'},"
		      "{'destination':'/a','source':'/b','options':['ro','bind','size=1']}"),
		"mounts[1].options[2]: \"size=1\" is an option of a file system, and a bind has "
		"none");
	TAKES(MOUNT("{'destination':'/a','type':'tmpfs','options':['size=1','tmpcopyup']}"));
	REFUSES(MOUNT("{'destination':'/a','type':'proc','options':['tmpcopyup']}"),
		"mounts[0].options[0]: \"tmpcopyup\" is for mounts of type \"tmpfs\"");
	REFUSES(MOUNT("{'destination':'/a','type':'tmpfs','options':['ro','']}"),
		"mounts[0].options[1]: must not be empty");
	REFUSES(MOUNT("{'destination':'/a','source':'/b','options':['bind'],"
		      "'uidMappings':[{'containerID':0,'hostID':0,'size':1}]}"),
		"mounts[0].gidMappings: is required with uidMappings");
}

static void test_over_proc(void **state)
{
	static const char *const good[] = {"cpuinfo",
					   "diskstats",
					   "meminfo",
					   "stat",
					   "swaps",
					   "uptime",
					   "loadavg",
					   "slabinfo",
					   "sys/kernel/ns_last_pid",
					   "sys/crypto/fips_enabled"};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(text, sizeof(text), OVER("//proc/./%s/", "none"), good[i]);
		TAKES(text);
	}
	TAKES(OVER("/process", "none"));
	TAKES(OVER("/proc/../data", "none"));
	TAKES(OVER("/a/proc/x", "none"));
	TAKES(OVER("/proc", "none"));
	TAKES(MOUNT("{'destination':'/proc','type':'proc'}"));
	REFUSES(MOUNT("{'destination':'/proc/','type':'tmpfs'}"),
		"mounts[0].type: must be \"proc\" on /proc, got \"tmpfs\"");
	REFUSES(OVER("/proc/sys", "none"),
		"mounts[0].destination: nothing may be mounted on \"/proc/sys\"");
	REFUSES(OVER("/proc/self/attr", "none"),
		"mounts[0].destination: nothing may be mounted on \"/proc/self/attr\"");
	REFUSES(OVER("/proc/cpuinfo/x", "none"),
		"mounts[0].destination: nothing may be mounted on \"/proc/cpuinfo/x\"");
	REFUSES(OVER("/x/../../proc/kcore", "none"),
		"mounts[0].destination: nothing may be mounted on \"/x/../../proc/kcore\"");
	REFUSES(OVER("proc/statx", "none"),
		"mounts[0].destination: nothing may be mounted on \"/proc/statx\"");
}

static void test_mount_namespace(void **state)
{
	(void)state;
	REFUSES("{'ociVersion':'1.0.0','root':{'path':'r'},'mounts':"
		"[{'destination':'/a','type':'tmpfs'}]}",
		"mounts: needs an entry of type \"mount\" in linux.namespaces");
	REFUSES("{'ociVersion':'1.0.0','root':{'path':'r'},'linux':{'maskedPaths':['/a']}}",
		"linux.maskedPaths: needs an entry of type \"mount\" in linux.namespaces");
	REFUSES("{'ociVersion':'1.0.0','root':{'path':'r'},'linux':{'readonlyPaths':['/a']}}",
		"linux.readonlyPaths: needs an entry of type \"mount\" in linux.namespaces");
}

#define MAP(c, h, s) "{'containerID':" #c ",'hostID':" #h ",'size':" #s "}"
#define USERNS(uids, gids, process) \
	WITH("", process, "'uidMappings':[" uids "],'gidMappings':[" gids "],", ",{'type':'user'}")

static void test_mappings(void **state)
{
	(void)state;
	TAKES(USERNS(MAP(0, 1000, 1) "," MAP(1, 2000, 65535), MAP(0, 0, 4294967295), ""));
	REFUSES(LINUX("'uidMappings':[" MAP(0, 0, 1) "]"),
		"linux.uidMappings: needs an entry of type \"user\" in linux.namespaces");
	REFUSES(LINUX("'gidMappings':[" MAP(0, 0, 1) "]"),
		"linux.gidMappings: needs an entry of type \"user\" in linux.namespaces");
	REFUSES(WITH("", "", "", ",{'type':'user'}"),
		"linux.uidMappings: is required with a new user namespace");
	REFUSES(USERNS(MAP(0, 0, 1), "", ""),
		"linux.gidMappings: is required with a new user namespace");
	REFUSES(USERNS(MAP(0, 0, 0), MAP(0, 0, 1), ""),
		"linux.uidMappings[0].size: must be from 1 to 4294967295, got 0");
	REFUSES(USERNS(MAP(1, 0, 4294967295), MAP(0, 0, 1), ""),
		"linux.uidMappings[0].size: goes beyond the last id, 4294967294");
	REFUSES(USERNS(MAP(0, 0, 1), MAP(0, 4294967294, 2), ""),
		"linux.gidMappings[0].size: goes beyond the last id, 4294967294");
	TAKES(USERNS(MAP(0, 4294967294, 1), MAP(0, 0, 1), ""));
	REFUSES(USERNS(MAP(0, 100, 10) "," MAP(20, 300, 10) "," MAP(9, 500, 1), MAP(0, 0, 1), ""),
		"linux.uidMappings[2]: overlaps with entry 0");
	REFUSES(USERNS(MAP(0, 100, 10) "," MAP(10, 109, 1), MAP(0, 0, 1), ""),
		"linux.uidMappings[1]: overlaps with entry 0");
	TAKES(USERNS(MAP(0, 100, 10) "," MAP(10, 110, 1), MAP(0, 0, 1), ""));
}

static void test_mapped_users(void **state)
{
	(void)state;
	REFUSES(USERNS(MAP(1, 0, 1), MAP(0, 0, 1), ""),
		"linux.uidMappings: must map the container's user 0");
	REFUSES(USERNS(MAP(0, 0, 1), MAP(1, 0, 1), ""),
		"linux.gidMappings: must map the container's group 0");
	REFUSES(USERNS(MAP(0, 0, 10), MAP(0, 0, 10), "'user':{'uid':10},"),
		"process.user.uid: 10 is not mapped by linux.uidMappings");
	REFUSES(USERNS(MAP(0, 0, 10), MAP(0, 0, 10), "'user':{'gid':10},"),
		"process.user.gid: 10 is not mapped by linux.gidMappings");
	REFUSES(USERNS(MAP(0, 0, 10), MAP(0, 0, 10), "'user':{'additionalGids':[9,10]},"),
		"process.user.additionalGids[1]: 10 is not mapped by linux.gidMappings");
	TAKES(USERNS(MAP(0, 0, 10), MAP(0, 0, 10),
		     "'user':{'uid':9,'gid':9,'additionalGids':[9]},"));
}

static void test_too_many_mappings(void **state)
{
	struct text doc = TEXT_INIT;

	(void)state;
	text_add(&doc, "{'ociVersion':'1.0.0','root':{'path':'r'},'linux':{'namespaces':"
		       "[{'type':'user'}],'uidMappings':[");
	for (int i = 0; i < 341; i++)
		text_addf(&doc, "%s{'containerID':%d,'hostID':%d,'size':1}", i ? "," : "", i, i);
	text_add(&doc, "]}}");
	REFUSES(doc.s, "linux.uidMappings: must have at most 340 entries, got 341");
	text_free(&doc);
}

static void test_devices(void **state)
{
	(void)state;
	TAKES(LINUX("'devices':[{'path':'/dev/p','type':'p'},"
		    "{'path':'/dev/c','type':'c','major':0,'minor':0,'fileMode':8630}]"));
	assert_int_equal(*t.config->linux_conf->devices.v[1].file_mode, 0666);
	REFUSES(LINUX("'devices':[{'path':'/dev/c','type':'c','minor':0}]"),
		"linux.devices[0].major: is required for a device of type \"c\"");
	REFUSES(LINUX("'devices':[{'path':'/dev/c','type':'u','major':0}]"),
		"linux.devices[0].minor: is required for a device of type \"u\"");
	REFUSES(LINUX("'devices':[{'path':'dev/c','type':'p'}]"),
		"linux.devices[0].path: must be an absolute path, got \"dev/c\"");
}

#define SYSCTL(key, value) LINUX("'sysctl':{'" key "':'" value "'}")
#define BARE_SYSCTL(key) \
	"{'ociVersion':'1.0.0','root':{'path':'r'},'linux':{'sysctl':{'" key "':'1'}}}"

static void test_sysctl(void **state)
{
	(void)state;
	TAKES(SYSCTL("net.ipv4.ip_forward", "1"));
	TAKES(SYSCTL("net/ipv4/conf/eth0.7/rp_filter", "0 1\\t2"));
	TAKES(SYSCTL("kernel.shm_rmid_forced", "1"));
	TAKES(SYSCTL("kernel.sem", "1 2 3 4"));
	TAKES(SYSCTL("fs.mqueue.msg_max", "1"));
	TAKES(SYSCTL("kernel.domainname", "d"));
	REFUSES(BARE_SYSCTL("net.ipv4.ip_forward"),
		"linux.sysctl[\"net.ipv4.ip_forward\"]: needs an entry of type \"network\" in "
		"linux.namespaces: it would change the host");
	REFUSES(BARE_SYSCTL("kernel/msgmax"),
		"linux.sysctl[\"kernel/msgmax\"]: needs an entry of type \"ipc\" in "
		"linux.namespaces: it would change the host");
	REFUSES(BARE_SYSCTL("kernel.domainname"),
		"linux.sysctl[\"kernel.domainname\"]: needs an entry of type \"uts\" in "
		"linux.namespaces: it would change the host");
	REFUSES(SYSCTL("kernel.hostname", "h"),
		"linux.sysctl[\"kernel.hostname\"]: may not be set here (use the property "
		"\"hostname\")");
	REFUSES(SYSCTL("kernel.core_pattern", "|/x"),
		"linux.sysctl[\"kernel.core_pattern\"]: belongs to no namespace: it would change "
		"the "
		"host");
	REFUSES(SYSCTL("fs.mqueuex", "1"),
		"linux.sysctl[\"fs.mqueuex\"]: belongs to no namespace: it would change the host");
	REFUSES(SYSCTL("net.a", "1\\n2"), "linux.sysctl[\"net.a\"]: the value must be one line");
}

static void test_sysctl_names(void **state)
{
	static const char *const bad[] = {"net/../kernel/core_pattern",
					  "net..a",
					  ".net.a",
					  "net.a.",
					  "net/a/",
					  "/net/a",
					  "net.a=b",
					  "net.a+b",
					  "net.a b",
					  "net.a\\nb",
					  "net/./a",
					  "net/.../a",
					  "net",
					  "/"};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), LINUX("'sysctl':{'%s':'1'}"), bad[i]);
		assert_string_not_equal(parse(text), "");
		assert_true(starts_with(t.err.field, "linux.sysctl[\""));
		if (!streq(bad[i], "net"))
			assert_string_equal(t.err.why, "is not the name of a kernel parameter");
	}
}

#define RESOURCES(json) LINUX("'resources':{" json "}")

static void test_cpu(void **state)
{
	const struct cpu *cpu;

	(void)state;
	TAKES(RESOURCES("'cpu':{'quota':-1,'period':1000,'burst':7,'cpus':'0-3,7','mems':'0'}"));
	TAKES(RESOURCES("'cpu':{'quota':0,'period':0,'burst':0,'realtimeRuntime':0,"
			"'realtimePeriod':0}"));
	cpu = t.config->linux_conf->resources->cpu;
	assert_true(!cpu->quota && !cpu->period && !cpu->burst);
	REFUSES(RESOURCES("'cpu':{'quota':999}"),
		"linux.resources.cpu.quota: must be -1 or at least 1000 microseconds, got 999");
	REFUSES(RESOURCES("'cpu':{'quota':-2}"),
		"linux.resources.cpu.quota: must be -1 or at least 1000 microseconds, got -2");
	REFUSES(RESOURCES("'cpu':{'period':1000001}"), "linux.resources.cpu.period: must be from "
						       "1000 to 1000000 microseconds, got 1000001");
	TAKES(RESOURCES("'cpu':{'quota':5000,'burst':5000}"));
	REFUSES(RESOURCES("'cpu':{'quota':5000,'burst':5001}"),
		"linux.resources.cpu.burst: must not be above quota (5000), got 5001");
	REFUSES(RESOURCES("'cpu':{'cpus':'0-3\\n'}"), "linux.resources.cpu.cpus: must be a list of "
						      "numbers and ranges like \"0-3,7\", got "
						      "\"0-3\\x0a\"");
	REFUSES(RESOURCES("'cpu':{'mems':'all'}"), "linux.resources.cpu.mems: must be a list of "
						   "numbers and ranges like \"0-3,7\", got "
						   "\"all\"");
}

static void test_keyed_limits(void **state)
{
	(void)state;
	TAKES(RESOURCES("'blockIO':{'weight':0}"));
	TAKES(RESOURCES("'blockIO':{'weight':10,'weightDevice':[{'major':8,'minor':0,'weight':1000}]}"));
	REFUSES(RESOURCES("'blockIO':{'weight':9}"),
		"linux.resources.blockIO.weight: must be from 10 to 1000, got 9");
	REFUSES(RESOURCES("'blockIO':{'weightDevice':[{'major':8,'minor':0,'weight':1001}]}"),
		"linux.resources.blockIO.weightDevice[0].weight: must be from 10 to 1000, got 1001");
	TAKES(RESOURCES("'hugepageLimits':[{'pageSize':'2MB','limit':0},{'pageSize':'64KB','limit':1}]"));
	REFUSES(RESOURCES("'hugepageLimits':[{'pageSize':'2MB','limit':0},{'pageSize':'../x','limit':1}]"),
		"linux.resources.hugepageLimits[1].pageSize: must be a size like \"2MB\" or \"1GB\", got "
		"\"../x\"");
	REFUSES(RESOURCES("'hugepageLimits':[{'pageSize':'0MB','limit':0}]"),
		"linux.resources.hugepageLimits[0].pageSize: must be a size like \"2MB\" or \"1GB\", got "
		"\"0MB\"");
	REFUSES(RESOURCES("'hugepageLimits':[{'pageSize':'2MiB','limit':0}]"),
		"linux.resources.hugepageLimits[0].pageSize: must be a size like \"2MB\" or \"1GB\", got "
		"\"2MiB\"");
	TAKES(RESOURCES("'rdma':{'mlx5_1':{'hcaHandles':3}}"));
	REFUSES(RESOURCES("'rdma':{'a b':{'hcaHandles':3}}"),
		"linux.resources.rdma[\"a b\"]: must be the name of an RDMA device");
}

/* verifies: config linux.resources.memory.kernel, config linux.resources.memory.kernelTCP,
 * config linux.resources.blockIO.leafWeight, config linux.resources.blockIO.weightDevice[].leafWeight,
 * config linux.resources.memory.swappiness, config linux.resources.memory.disableOOMKiller,
 * config linux.resources.memory.useHierarchy, config linux.resources.cpu.realtimeRuntime,
 * config linux.resources.cpu.realtimePeriod, config linux.resources.network* */
static void test_cgroup_v1(void **state)
{
	static const char *const bad[] = {
		"memory.kernel",	   "'memory':{'kernel':1}",
		"memory.kernelTCP",	   "'memory':{'kernelTCP':1}",
		"memory.swappiness",	   "'memory':{'swappiness':0}",
		"memory.disableOOMKiller", "'memory':{'disableOOMKiller':true}",
		"memory.useHierarchy",	   "'memory':{'useHierarchy':false}",
		"cpu.realtimeRuntime",	   "'cpu':{'realtimeRuntime':1}",
		"cpu.realtimePeriod",	   "'cpu':{'realtimePeriod':1}",
		"network.classID",	   "'network':{'classID':1}",
		"network.priorities",	   "'network':{'priorities':[{'name':'e','priority':1}]}",
		"blockIO.leafWeight",	   "'blockIO':{'leafWeight':10}",
		"blockIO.weightDevice[1].leafWeight",
		"'blockIO':{'weightDevice':[{'major':8,'minor':0},{'major':8,'minor':1,'leafWeight':9}]}",
	};
	char text[1024], message[256];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i += 2) {
		snprintf(text, sizeof(text), RESOURCES("%s"), bad[i + 1]);
		snprintf(message, sizeof(message),
			 "c: linux.resources.%s: is for cgroup v1 only, and hoy speaks cgroup v2",
			 bad[i]);
		assert_string_equal(parse(text), message);
	}
	TAKES(RESOURCES("'memory':{'kernel':-1,'kernelTCP':0,'disableOOMKiller':false,"
			"'useHierarchy':true},'network':{'classID':0,'priorities':[]}"));
}

static void test_device_rules(void **state)
{
	const struct device_rule *d;

	(void)state;
	TAKES(RESOURCES(
		"'devices':[{'allow':false,'type':'a','major':-1,'minor':-1,'access':'rwm'},"
		"{'allow':true,'type':'c','major':1,'access':''}]"));
	d = t.config->linux_conf->resources->devices.v;
	assert_true(!d[0].type && !d[0].major && !d[0].minor);
	assert_int_equal(*d[1].major, 1);
	assert_null(d[1].access);
	REFUSES(RESOURCES("'devices':[{'allow':true,'access':'rx'}]"),
		"linux.resources.devices[0].access: must be made of r, w and m, got \"rx\"");
}

static void test_unified(void **state)
{
	static const char *const bad[] = {"../x.y", "a/b.c", ".", "..", ".x", "cgroup"};
	char text[512], message[256];

	(void)state;
	TAKES(RESOURCES("'unified':{'memory.high':'1','foo.bar':'a\\nb','hugetlb.1GB.max':''}"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), RESOURCES("'unified':{'%s':'1'}"), bad[i]);
		snprintf(message, sizeof(message),
			 "c: linux.resources.unified[\"%s\"]: must be the name of a cgroup file "
			 "like "
			 "\"memory.high\"",
			 bad[i]);
		assert_string_equal(parse(text), message);
	}
}

/* verifies: config linux.personality.flags */
static void test_linux(void **state)
{
	(void)state;
	TAKES(LINUX("'personality':{'domain':'LINUX32','flags':[]}"));
	REFUSES(LINUX("'personality':{'domain':'LINUX','flags':['X']}"),
		"linux.personality.flags[0]: must not be there: the specification has no flags "
		"yet, "
		"got \"X\"");
	REFUSES(LINUX("'timeOffsets':{'boottime':{'secs':1}}"),
		"linux.timeOffsets: needs an entry of type \"time\" in linux.namespaces");
	REFUSES(LINUX("'maskedPaths':['/a','b']"),
		"linux.maskedPaths[1]: must be an absolute path, got \"b\"");
	REFUSES(TOP("'hooks':{'poststop':[{'path':'/x'},{'path':'x'}]}"),
		"hooks.poststop[1].path: must be an absolute path, got \"x\"");
	REFUSES(TOP("'hooks':{'prestart':[{'path':'/x','timeout':0}]}"),
		"hooks.prestart[0].timeout: must be from 1 to 9223372036, got 0");
	REFUSES(TOP("'annotations':{'':'x'}"), "annotations: a key must not be empty");
}

/*
 * For every entry of the table: a document that asks for it, and one that names it and does not.
 */
static const struct {
	const char *property, *field, *asks, *does_not;
} refused_cases[] = {
	{"process.apparmorProfile", "process.apparmorProfile", PROCESS("'apparmorProfile':'x'"),
	 PROCESS("'apparmorProfile':''")},
	{"process.selinuxLabel", "process.selinuxLabel", PROCESS("'selinuxLabel':'x'"),
	 PROCESS("'selinuxLabel':''")},
	{"mounts[].options[]=idmap", "mounts[0].options[1]",
	 MOUNT("{'destination':'/a','source':'/a','options':['bind','idmap']}"),
	 MOUNT("{'destination':'/a','type':'tmpfs','options':['idmap=1']}")},
	{"mounts[].options[]=ridmap", "mounts[0].options[1]",
	 MOUNT("{'destination':'/a','source':'/a','options':['bind','ridmap']}"),
	 MOUNT("{'destination':'/a','type':'tmpfs','options':['noridmap']}")},
	{"mounts[].uidMappings", "mounts[0].uidMappings",
	 MOUNT("{'destination':'/a','type':'tmpfs','uidMappings':[" MAP(
		 0, 0, 1) "],'gidMappings':[" MAP(0, 0, 1) "]}"),
	 MOUNT("{'destination':'/a','type':'tmpfs','uidMappings':[],'gidMappings':[]}")},
	{"mounts[].gidMappings", NULL, NULL, NULL}, /* never without the other */
	{"linux.seccomp.defaultAction=SCMP_ACT_NOTIFY", "linux.seccomp.defaultAction",
	 SECCOMP("NOTIFY", "", ""), SECCOMP("ALLOW", "", "")},
	{"linux.seccomp.syscalls[].action=SCMP_ACT_NOTIFY", "linux.seccomp.syscalls[1].action",
	 SECCOMP("ALLOW", "",
		 "{'names':['read'],'action':'SCMP_ACT_LOG'},"
		 "{'names':['mknod'],'action':'SCMP_ACT_NOTIFY'}"),
	 LINUX("'seccomp':null")},
	{"linux.seccomp.listenerPath", "linux.seccomp.listenerPath",
	 SECCOMP("ALLOW", ",'listenerPath':'/s'", ""), SECCOMP("ALLOW", ",'listenerPath':''", "")},
	{"linux.seccomp.listenerMetadata", "linux.seccomp.listenerMetadata",
	 SECCOMP("ALLOW", ",'listenerMetadata':'m'", ""),
	 SECCOMP("ALLOW", ",'listenerMetadata':''", "")},
	{"linux.mountLabel", "linux.mountLabel", LINUX("'mountLabel':'x'"),
	 LINUX("'mountLabel':''")},
	{"linux.intelRdt", "linux.intelRdt", LINUX("'intelRdt':{}"), LINUX("'intelRdt':null")},
	{"linux.memoryPolicy", "linux.memoryPolicy", LINUX("'memoryPolicy':{'mode':'MPOL_LOCAL'}"),
	 LINUX("'memoryPolicy':null")},
	{"linux.netDevices", "linux.netDevices", LINUX("'netDevices':{'eth0':{}}"),
	 LINUX("'netDevices':{}")},
};

static void test_seccomp(void **state)
{
	(void)state;
	TAKES(SECCOMP("ERRNO", ",'defaultErrnoRet':4094",
		      "{'names':['read'],'action':'SCMP_ACT_ERRNO','errnoRet':0},"
		      "{'names':['read'],'action':'SCMP_ACT_TRACE','errnoRet':65535}"));
	REFUSES(SECCOMP("ERRNO", ",'defaultErrnoRet':4095", ""),
		"linux.seccomp.defaultErrnoRet: must be from 0 to 4094 for SCMP_ACT_ERRNO, got 4095");
	REFUSES(SECCOMP("ALLOW", ",'defaultErrnoRet':1", ""),
		"linux.seccomp.defaultErrnoRet: must not be there: SCMP_ACT_ALLOW takes no number");
	REFUSES(SECCOMP("ALLOW", "", "{'names':['a'],'action':'SCMP_ACT_LOG'},"
				     "{'names':['a'],'action':'SCMP_ACT_KILL','errnoRet':0}"),
		"linux.seccomp.syscalls[1].errnoRet: must not be there: SCMP_ACT_KILL takes no number");
	REFUSES(SECCOMP("ALLOW", "", "{'names':['a'],'action':'SCMP_ACT_TRACE','errnoRet':65536}"),
		"linux.seccomp.syscalls[0].errnoRet: must be from 0 to 65535 for SCMP_ACT_TRACE, got 65536");
	REFUSES(SECCOMP("ALLOW", "", "{'names':['a',''],'action':'SCMP_ACT_LOG'}"),
		"linux.seccomp.syscalls[0].names[1]: must not be empty");
	REFUSES(SECCOMP("ALLOW", "", "{'names':[],'action':'SCMP_ACT_LOG'}"),
		"linux.seccomp.syscalls[0].names: must have at least one entry");
	TAKES(SECCOMP("ALLOW", ",'flags':['SECCOMP_FILTER_FLAG_LOG','SECCOMP_FILTER_FLAG_TSYNC']", ""));
	REFUSES(SECCOMP("ALLOW", ",'flags':['SECCOMP_FILTER_FLAG_LOG',"
				 "'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV']", ""),
		"linux.seccomp.flags[1]: \"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\" is for SCMP_ACT_NOTIFY "
		"only");
}

static void test_refused(void **state)
{
	size_t n;
	const struct refused *list = refused_list(&n);
	char message[512];

	(void)state;
	assert_int_equal(n, sizeof(refused_cases) / sizeof(refused_cases[0]));
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(list[i].property, refused_cases[i].property);
		if (refused_cases[i].does_not)
			TAKES(refused_cases[i].does_not);
		if (!refused_cases[i].asks)
			continue;
		snprintf(message, sizeof(message),
			 "c: %s: is not supported by this version of hoy (%s)",
			 refused_cases[i].field, list[i].what);
		assert_string_equal(parse(refused_cases[i].asks), message);
	}
}

static int teardown(void **state)
{
	(void)state;
	arena_free(&t.arena);
	warn_free(&t.warnings);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version),		cmocka_unit_test(test_process),
		cmocka_unit_test(test_rlimits),		cmocka_unit_test(test_capabilities),
		cmocka_unit_test(test_time_offsets),
		cmocka_unit_test(test_scheduler),	cmocka_unit_test(test_exec_affinity),
		cmocka_unit_test(test_namespaces),	cmocka_unit_test(test_uts_names),
		cmocka_unit_test(test_mounts),		cmocka_unit_test(test_over_proc),
		cmocka_unit_test(test_mount_namespace), cmocka_unit_test(test_mappings),
		cmocka_unit_test(test_mapped_users),	cmocka_unit_test(test_too_many_mappings),
		cmocka_unit_test(test_devices),		cmocka_unit_test(test_sysctl),
		cmocka_unit_test(test_sysctl_names),	cmocka_unit_test(test_cpu),
		cmocka_unit_test(test_keyed_limits),
		cmocka_unit_test(test_cgroup_v1),	cmocka_unit_test(test_device_rules),
		cmocka_unit_test(test_unified),		cmocka_unit_test(test_linux),
		cmocka_unit_test(test_seccomp),		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, teardown);
}
