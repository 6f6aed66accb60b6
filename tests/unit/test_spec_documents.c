/* SPDX-License-Identifier: Apache-2.0 */
/* The documents that hoy writes (state, features, the default config.json) and the tables of names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <linux/capability.h>
#include <sched.h>
#include <signal.h>

#include "base/text.h"
#include "spec/config.h"
#include "spec/default_config.h"
#include "spec/features.h"
#include "spec/json.h"
#include "spec/names.h"
#include "spec/state.h"

#ifdef HAVE_SYSTEMD
#define SYSTEMD_BUILT JSON_TRUE
#else
#define SYSTEMD_BUILT JSON_FALSE
#endif

static struct string_pair pairs[] = {{"a", "1"}, {"b\"\n", "\xc3\xa9"}};

static const struct state full = {
	.oci_version = "1.3.0",
	.id = "web",
	.status = "created",
	.pid = 4422,
	.bundle = "/bundles/web",
	.annotations = {2, pairs},
	.rootfs = "/bundles/web/rootfs",
	.created = "2026-01-02T03:04:05.000000006Z",
	.owner = "root",
	.record = {.version = STATE_RECORD_VERSION,
		   .cgroup = "/hoy-web",
		   .boot_id = "b",
		   .start_time = UINT64_MAX,
		   .creator_pid = 17,
		   .creator_start_time = 18,
		   .has_hooks = true,
		   .own_pid_namespace = true},
};

/* verifies: state ociVersion, state id, state pid, state bundle, state annotations */
static void test_state_public(void **state)
{
	struct text t = TEXT_INIT;
	struct state s = full;

	(void)state;
	state_write_public(&s, &t);
	assert_string_equal(t.s, "{\n"
				 "  \"ociVersion\": \"1.3.0\",\n"
				 "  \"id\": \"web\",\n"
				 "  \"pid\": 4422,\n"
				 "  \"status\": \"created\",\n"
				 "  \"bundle\": \"/bundles/web\",\n"
				 "  \"rootfs\": \"/bundles/web/rootfs\",\n"
				 "  \"created\": \"2026-01-02T03:04:05.000000006Z\",\n"
				 "  \"annotations\": {\n"
				 "    \"a\": \"1\",\n"
				 "    \"b\\\"\\n\": \"\xc3\xa9\"\n"
				 "  },\n"
				 "  \"owner\": \"root\"\n"
				 "}\n");
	t.len = 0;
	s.pid = 0;
	s.annotations.n = 0;
	s.owner = "";
	s.status = "stopped";
	state_write_public_compact(&s, &t);
	assert_string_equal(t.s, "{\"ociVersion\":\"1.3.0\",\"id\":\"web\",\"pid\":0,"
				 "\"status\":\"stopped\",\"bundle\":\"/bundles/web\","
				 "\"rootfs\":\"/bundles/web/rootfs\","
				 "\"created\":\"2026-01-02T03:04:05.000000006Z\",\"owner\":\"\"}");
	text_free(&t);
}

static void test_state_hook(void **state)
{
	struct text before = TEXT_INIT, after = TEXT_INIT;
	struct state s = full;

	(void)state;
	s.status = "creating";
	state_write_hook(&s, &before, &after);
	assert_string_equal(before.s, "{\"ociVersion\":\"1.3.0\",\"id\":\"web\","
				      "\"status\":\"creating\",\"pid\":");
	assert_string_equal(after.s, ",\"bundle\":\"/bundles/web\","
				     "\"annotations\":{\"a\":\"1\",\"b\\\"\\n\":\"\xc3\xa9\"}}");
	text_free(&before);
	text_free(&after);
	s.annotations.n = 0;
	state_write_hook(&s, &before, &after);
	assert_string_equal(after.s, ",\"bundle\":\"/bundles/web\"}");
	text_free(&before);
	text_free(&after);
}

static void test_state_record(void **state)
{
	struct arena a = ARENA_INIT;
	struct error err = ERROR_INIT;
	struct text once = TEXT_INIT, twice = TEXT_INIT;
	const struct state *s = NULL;

	(void)state;
	state_write_record(&full, &once);
	assert_int_equal(state_parse(once.s, once.len, "state.json", &a, &s, &err), 0);
	assert_string_equal(s->annotations.v[1].key, "b\"\n");
	assert_true(s->record.start_time == UINT64_MAX);
	assert_true(s->record.own_pid_namespace);
	assert_string_equal(s->record.cgroup, "/hoy-web");
	state_write_record(s, &twice);
	assert_string_equal(once.s, twice.s);

	/* Torn anywhere but in front of the line's end it is an error. */
	for (size_t len = 0; len + 1 < once.len; len++) {
		struct arena torn = ARENA_INIT;
		struct error e = ERROR_INIT;

		s = NULL;
		assert_true(state_parse(once.s, len, "state.json", &torn, &s, &e) < 0);
		assert_null(s);
		arena_free(&torn);
	}
	text_free(&once);
	text_free(&twice);
	arena_free(&a);
}

static void refuses_record(const char *text, const char *message)
{
	struct arena a = ARENA_INIT;
	struct error err = ERROR_INIT;
	const struct state *s = NULL;
	char buf[4096];

	assert_true(state_parse(text, strlen(text), "state.json", &a, &s, &err) < 0);
	assert_string_equal(error_text(&err, buf, sizeof(buf)), message);
	arena_free(&a);
}

/* verifies: state status=creating, state status=created, state status=running,
 * state status=stopped */
static void test_state_refused(void **state)
{
	(void)state;
	refuses_record("{\"ociVersion\":\"1.3.0\",\"id\":\"a\",\"status\":\"lost\"}",
		       "state.json: status: must be one of \"creating\", \"created\", \"running\", "
		       "\"paused\", \"stopped\", got \"lost\"");
	refuses_record("{\"ociVersion\":\"1.3.0\",\"id\":\"a\",\"status\":\"created\","
		       "\"bundle\":\"/b\"}",
		       "state.json: hoy: is required");
	refuses_record("{\"ociVersion\":\"1.3.0\",\"id\":\"a\",\"status\":\"created\","
		       "\"bundle\":\"/b\",\"hoy\":{\"version\":2}}",
		       "state.json: hoy.version: must be from 1 to 1, got 2");
	refuses_record("", "state.json: is empty");
}

static bool has(const struct json *list, const char *s)
{
	for (const struct json *c = list->first; c; c = c->next)
		if (streq(c->text, s))
			return true;
	return false;
}

static const struct json *at(const struct json *j, const char *key)
{
	for (const struct json *c = j->first; c; c = c->next)
		if (streq(c->key, key))
			return c;
	fail_msg("no %s", key);
	return NULL;
}

/* verifies: features ociVersionMin, features ociVersionMax, features hooks, features mountOptions,
 * features annotations, features potentiallyUnsafeConfigAnnotations, features linux.namespaces*,
 * features linux.capabilities, features linux.cgroup*, features linux.seccomp.enabled,
 * features linux.apparmor*, features linux.selinux*, features linux.intelRdt*,
 * features linux.mountExtensions*, features linux.netDevices* */
static void test_features(void **state)
{
	static const char *const off[] = {"seccomp", "apparmor", "selinux", "intelRdt",
					  "netDevices"};
	struct arena a = ARENA_INIT;
	struct error err = ERROR_INIT;
	struct text t = TEXT_INIT;
	const struct json *f, *l;

	(void)state;
	features_write("1.2.3", NULL, &t);
	assert_int_equal(json_parse(t.s, t.len, &a, &f, &err), 0);
	l = at(f, "linux");
	assert_string_equal(at(f, "ociVersionMin")->text, "1.0.0");
	assert_string_equal(at(f, "ociVersionMax")->text, "1.3.0");
	assert_int_equal(at(f, "hooks")->n, 6);
	assert_true(has(at(f, "hooks"), "createContainer"));
	assert_true(has(at(f, "mountOptions"), "rnodev"));
	assert_true(has(at(f, "mountOptions"), "tmpcopyup"));
	assert_false(has(at(f, "mountOptions"), "idmap"));
	assert_false(has(at(f, "mountOptions"), "ridmap"));
	assert_string_equal(at(at(f, "annotations"), "dev.hoy.version")->text, "1.2.3");
	assert_int_equal(at(f, "potentiallyUnsafeConfigAnnotations")->n, 0);
	assert_int_equal(at(l, "namespaces")->n, 8);
	assert_true(has(at(l, "namespaces"), "time"));
	assert_int_equal(at(l, "capabilities")->n, 41);
	assert_int_equal(at(at(l, "cgroup"), "v1")->type, JSON_FALSE);
	assert_int_equal(at(at(l, "cgroup"), "v2")->type, JSON_TRUE);
	assert_int_equal(at(at(l, "cgroup"), "systemd")->type, SYSTEMD_BUILT);
	assert_int_equal(at(at(l, "cgroup"), "systemdUser")->type, SYSTEMD_BUILT);
	assert_int_equal(at(at(l, "cgroup"), "rdma")->type, JSON_TRUE);
	for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++)
		assert_int_equal(at(at(l, off[i]), "enabled")->type, JSON_FALSE);
	assert_int_equal(at(at(at(l, "mountExtensions"), "idmap"), "enabled")->type, JSON_FALSE);
	text_free(&t);
	arena_free(&a);
}

static bool any_arch(const char *name)
{
	return starts_with(name, "SCMP_ARCH_");
}

static bool one_arch(const char *name)
{
	return streq(name, "SCMP_ARCH_X86");
}

/* verifies: features linux.seccomp* */
static void test_features_seccomp(void **state)
{
	struct features_seccomp library = {"2.5.4", any_arch};
	struct arena a = ARENA_INIT;
	struct error err = ERROR_INIT;
	struct text t = TEXT_INIT;
	const struct json *f, *s;

	(void)state;
	features_write("1.2.3", &library, &t);
	assert_int_equal(json_parse(t.s, t.len, &a, &f, &err), 0);
	s = at(at(f, "linux"), "seccomp");
	assert_int_equal(at(s, "enabled")->type, JSON_TRUE);
	assert_int_equal(at(s, "actions")->n, 8);
	assert_false(has(at(s, "actions"), "SCMP_ACT_NOTIFY"));
	assert_true(has(at(s, "actions"), "SCMP_ACT_KILL_PROCESS"));
	assert_int_equal(at(s, "operators")->n, 7);
	assert_true(has(at(s, "operators"), "SCMP_CMP_MASKED_EQ"));
	assert_int_equal(at(s, "archs")->n, 23);
	assert_int_equal(at(s, "knownFlags")->n, 4);
	assert_int_equal(at(s, "supportedFlags")->n, 3);
	assert_true(has(at(s, "supportedFlags"), "SECCOMP_FILTER_FLAG_SPEC_ALLOW"));
	assert_false(has(at(s, "supportedFlags"), "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"));
	assert_string_equal(at(at(f, "annotations"), "io.github.seccomp.libseccomp.version")->text,
			    "2.5.4");
	text_free(&t);
	/* None that the library lacks. */
	library.arch_known = one_arch;
	features_write("1.2.3", &library, &t);
	assert_int_equal(json_parse(t.s, t.len, &a, &f, &err), 0);
	assert_int_equal(at(at(at(f, "linux"), "seccomp"), "archs")->n, 1);
	text_free(&t);
	arena_free(&a);
}

static const struct config *default_config(bool rootless, struct arena *a)
{
	struct default_config_options o = {.rootless = rootless, .uid = 1000, .gid = 1001};
	struct warnings w = WARNINGS_INIT;
	struct error err = ERROR_INIT;
	struct text t = TEXT_INIT;
	const struct config *c = NULL;

	default_config_write(&o, &t);
	if (config_parse(t.s, t.len, "config.json", a, &w, &c, &err) < 0)
		fail_msg("%s: %s", err.field, err.why);
	assert_null(w.lines.s); /* nothing in it is even worth a warning */
	assert_int_equal(t.s[t.len - 1], '\n');
	text_free(&t);
	return c;
}

static bool has_namespace(const struct config *c, const char *type)
{
	for (size_t i = 0; i < c->linux_conf->namespaces.n; i++)
		if (streq(c->linux_conf->namespaces.v[i].type, type))
			return true;
	return false;
}

static void test_default_config(void **state)
{
	struct arena a = ARENA_INIT;
	const struct config *c = default_config(false, &a);

	(void)state;
	assert_string_equal(c->oci_version, "1.3.0");
	assert_string_equal(c->hostname, "hoy");
	assert_string_equal(c->root->path, "rootfs");
	assert_true(c->root->readonly);
	assert_string_equal(c->process->args.v[0], "sh");
	assert_true(c->process->no_new_privileges);
	assert_int_equal(c->process->capabilities->effective.n, 3);
	assert_int_equal(c->process->capabilities->ambient.n, 0);
	assert_int_equal(c->mounts.n, 7);
	assert_string_equal(c->mounts.v[2].options.v[5], "gid=5");
	assert_true(has_namespace(c, "network"));
	assert_true(has_namespace(c, "cgroup"));
	assert_false(has_namespace(c, "user"));
	assert_int_equal(c->linux_conf->resources->devices.n, 1);
	assert_int_equal(c->linux_conf->masked_paths.n, 10);
	arena_free(&a);
}

static void test_default_config_rootless(void **state)
{
	struct arena a = ARENA_INIT;
	const struct config *c = default_config(true, &a);

	(void)state;
	assert_true(has_namespace(c, "user"));
	assert_false(has_namespace(c, "network"));
	assert_int_equal(c->linux_conf->uid_mappings.v[0].host_id, 1000);
	assert_int_equal(c->linux_conf->gid_mappings.v[0].host_id, 1001);
	assert_int_equal(c->linux_conf->gid_mappings.v[0].size, 1);
	assert_string_equal(c->mounts.v[5].source, "/sys");
	assert_string_equal(c->mounts.v[5].options.v[0], "rbind");
	assert_int_equal(c->mounts.v[2].options.n, 5);
	assert_null(c->linux_conf->resources);
	arena_free(&a);
}

static void test_names(void **state)
{
	struct arena a = ARENA_INIT;

	(void)state;
	/* getrlimit(2)'s numbers; its header has another struct rlimit. */
	assert_int_equal(rlimit_by_name("RLIMIT_CPU"), 0);
	assert_int_equal(rlimit_by_name("RLIMIT_STACK"), 3);
	assert_int_equal(rlimit_by_name("RLIMIT_NOFILE"), 7);
	assert_int_equal(rlimit_by_name("RLIMIT_AS"), 9);
	assert_int_equal(rlimit_by_name("RLIMIT_RTTIME"), 15);
	assert_int_equal(rlimit_by_name("RLIMIT_X"), -1);
	for (size_t i = 0; rlimit_names[i]; i++)
		assert_in_range(rlimit_by_name(rlimit_names[i]), 0, 15);
	assert_int_equal(capability_by_name("CAP_CHOWN"), 0);
	assert_int_equal(capability_by_name("CAP_CHECKPOINT_RESTORE"), CAP_CHECKPOINT_RESTORE);
	assert_int_equal(capability_by_name("CAP_"), -1);
	assert_string_equal(capability_name(CAP_SYS_ADMIN), "CAP_SYS_ADMIN");
	assert_null(capability_name(CAP_CHECKPOINT_RESTORE + 1));
	assert_int_equal(namespace_flag("mount"), CLONE_NEWNS);
	assert_int_equal(namespace_flag("time"), 0x80);
	assert_int_equal(namespace_flag("net"), 0);
	assert_string_equal(namespace_file("network"), "net");
	assert_string_equal(namespace_file("mount"), "mnt");
	assert_null(namespace_file(""));
	assert_string_equal(sysctl_path("net.ipv4.conf.eth0/7.mtu", &a),
			    "net/ipv4/conf/eth0.7/mtu");
	assert_string_equal(sysctl_path("net/ipv4/conf/eth0.7/mtu", &a),
			    "net/ipv4/conf/eth0.7/mtu");
	assert_string_equal(sysctl_path("x", &a), "x");
	arena_free(&a);
}

static void test_signals(void **state)
{
	static const struct {
		const char *name;
		int number;
	} cases[] = {{"TERM", SIGTERM},
		     {"SIGTERM", SIGTERM},
		     {"sigkill", SIGKILL},
		     {"usr1", SIGUSR1},
		     {"9", 9},
		     {"15", 15},
		     {"64", 64},
		     {"0", -1},
		     {"65", -1},
		     {"-9", -1},
		     {"+9", -1},
		     {"", -1},
		     {"SIG", -1},
		     {"SIGSIGHUP", -1},
		     {"TERM ", -1},
		     {"9x", -1},
		     {"RTMIN", 34},
		     {"SIGRTMIN+3", 37},
		     {"RTMAX", 64},
		     {"rtmax-1", 63},
		     {"RTMIN+31", -1},
		     {"RTMIN-1", -1},
		     {"RTMAX+1", -1},
		     {"RTMIN+", -1},
		     {"SIGRTMIN+30", 64},
		     {"WINCH", SIGWINCH},
		     {"0x9", -1},
		     {"HUP\n", -1}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (signal_by_name(cases[i].name) != cases[i].number)
			fail_msg("%s is %d", cases[i].name, signal_by_name(cases[i].name));
}

static void test_mount_options(void **state)
{
	size_t n;
	const struct mount_option *o = mount_options(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		if (i)
			assert_true(strcmp(o[i - 1].name, o[i].name) < 0);
		assert_ptr_equal(mount_option_find(o[i].name), &o[i]);
		/* What is set must be cleared too, or an earlier option would shine through. */
		assert_int_equal(o[i].set & ~o[i].clear, 0);
		assert_int_equal(o[i].kind == MOUNT_OPTION_PROPAGATION, o[i].propagation != 0);
		if (o[i].recursive)
			assert_int_equal(o[i].name[0], 'r');
	}
	assert_null(mount_option_find("size=1"));
	assert_null(mount_option_find(""));
	assert_int_equal(mount_option_find("rbind")->kind, MOUNT_OPTION_BIND);
	assert_true(mount_option_find("rbind")->recursive);
	assert_false(mount_option_find("relatime")->recursive);
	assert_false(mount_option_find("ro")->recursive);
	assert_true(mount_option_find("rro")->recursive);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state_public),
		cmocka_unit_test(test_state_hook),
		cmocka_unit_test(test_state_record),
		cmocka_unit_test(test_state_refused),
		cmocka_unit_test(test_features),
		cmocka_unit_test(test_features_seccomp),
		cmocka_unit_test(test_default_config),
		cmocka_unit_test(test_default_config_rootless),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_mount_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
