/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Form: every property of config.json, given every value that is not its own. The test walks the
 * tables and an example that has all properties, so a new property is tested by being in the table;
 * one that the example lacks fails the test.
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
#include "spec/json.h"
#include "spec/tables.h"

/* All properties, once each. ' stands for ". The rules would not accept it as a whole. */
static const char example[] =
	"{'ociVersion': '1.3.0', 'hostname': 'h', 'domainname': 'd',"
	" 'root': {'path': 'rootfs', 'readonly': true},"
	" 'annotations': {'a': 'b', 'c.d': ''},"
	" 'mounts': [{'destination': '/m', 'type': 'tmpfs', 'source': 's', 'options': ['ro'],"
	"   'uidMappings': [{'containerID': 0, 'hostID': 1, 'size': 2}],"
	"   'gidMappings': [{'containerID': 0, 'hostID': 1, 'size': 2}]}],"
	" 'hooks': {'prestart': [{'path': '/h', 'args': ['h'], 'env': ['A=1'], 'timeout': 1}],"
	"   'createRuntime': [{'path': '/h', 'args': ['h'], 'env': ['A=1'], 'timeout': 1}],"
	"   'createContainer': [{'path': '/h', 'args': ['h'], 'env': ['A=1'], 'timeout': 1}],"
	"   'startContainer': [{'path': '/h', 'args': ['h'], 'env': ['A=1'], 'timeout': 1}],"
	"   'poststart': [{'path': '/h', 'args': ['h'], 'env': ['A=1'], 'timeout': 1}],"
	"   'poststop': [{'path': '/h', 'args': ['h'], 'env': ['A=1'], 'timeout': 1}]},"
	" 'process': {'terminal': true, 'consoleSize': {'height': 1, 'width': 2},"
	"   'user': {'uid': 1, 'gid': 2, 'umask': 18, 'additionalGids': [3], 'username': 'u'},"
	"   'args': ['sh'], 'env': ['A=1'], 'cwd': '/',"
	"   'capabilities': {'bounding': ['CAP_KILL'], 'effective': ['CAP_KILL'],"
	"     'inheritable': ['CAP_KILL'], 'permitted': ['CAP_KILL'], 'ambient': ['CAP_KILL']},"
	"   'rlimits': [{'type': 'RLIMIT_CORE', 'soft': 1, 'hard': 2}], 'noNewPrivileges': true,"
	"   'apparmorProfile': 'p', 'oomScoreAdj': 1, 'selinuxLabel': 'l',"
	"   'scheduler': {'policy': 'SCHED_FIFO', 'nice': 1, 'priority': 2,"
	"     'flags': ['SCHED_FLAG_RECLAIM'], 'runtime': 1, 'deadline': 2, 'period': 3},"
	"   'ioPriority': {'class': 'IOPRIO_CLASS_BE', 'priority': 4},"
	"   'execCPUAffinity': {'initial': '0', 'final': '1'}},"
	" 'linux': {'namespaces': [{'type': 'mount', 'path': '/proc/1/ns/mnt'}],"
	"   'uidMappings': [{'containerID': 0, 'hostID': 1, 'size': 2}],"
	"   'gidMappings': [{'containerID': 0, 'hostID': 1, 'size': 2}],"
	"   'timeOffsets': {'boottime': {'secs': -1, 'nanosecs': 1},"
	"     'monotonic': {'secs': 1, 'nanosecs': 2}},"
	"   'devices': [{'path': '/dev/x', 'type': 'c', 'major': 1, 'minor': 2, 'fileMode': 438,"
	"     'uid': 1, 'gid': 2}],"
	"   'netDevices': {'eth0': {'name': 'n'}}, 'cgroupsPath': '/c',"
	"   'resources': {"
	"     'devices': [{'allow': true, 'type': 'c', 'major': 1, 'minor': 2, 'access': 'r'}],"
	"     'memory': {'limit': 1, 'reservation': 1, 'swap': 1, 'kernel': 1, 'kernelTCP': 1,"
	"       'swappiness': 1, 'disableOOMKiller': true, 'useHierarchy': true,"
	"       'checkBeforeUpdate': true},"
	"     'cpu': {'shares': 1, 'quota': 1, 'burst': 1, 'period': 1, 'realtimeRuntime': 1,"
	"       'realtimePeriod': 1, 'cpus': '0', 'mems': '0', 'idle': 1},"
	"     'pids': {'limit': 1},"
	"     'blockIO': {'weight': 10, 'leafWeight': 10,"
	"       'weightDevice': [{'major': 1, 'minor': 2, 'weight': 10, 'leafWeight': 10}],"
	"       'throttleReadBpsDevice': [{'major': 1, 'minor': 2, 'rate': 3}],"
	"       'throttleWriteBpsDevice': [{'major': 1, 'minor': 2, 'rate': 3}],"
	"       'throttleReadIOPSDevice': [{'major': 1, 'minor': 2, 'rate': 3}],"
	"       'throttleWriteIOPSDevice': [{'major': 1, 'minor': 2, 'rate': 3}]},"
	"     'hugepageLimits': [{'pageSize': '2MB', 'limit': 1}],"
	"     'network': {'classID': 1, 'priorities': [{'name': 'eth0', 'priority': 1}]},"
	"     'rdma': {'mlx': {'hcaHandles': 1, 'hcaObjects': 2}},"
	"     'unified': {'memory.high': '1'}},"
	"   'intelRdt': {'closID': 'c', 'schemata': ['L3:0=f'], 'l3CacheSchema': 'L3:0=f',"
	"     'memBwSchema': 'MB:0=1', 'enableMonitoring': true},"
	"   'memoryPolicy': {'mode': 'MPOL_BIND', 'nodes': '0', 'flags': ['MPOL_F_STATIC_NODES']},"
	"   'sysctl': {'net.ipv4.ip_forward': '1'},"
	"   'seccomp': {'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrnoRet': 1,"
	"     'architectures': ['SCMP_ARCH_X86'], 'flags': ['SECCOMP_FILTER_FLAG_LOG'],"
	"     'listenerPath': '/l', 'listenerMetadata': 'm',"
	"     'syscalls': [{'names': ['read'], 'action': 'SCMP_ACT_ALLOW', 'errnoRet': 1,"
	"       'args': [{'index': 0, 'value': 1, 'valueTwo': 2, 'op': 'SCMP_CMP_EQ'}]}]},"
	"   'rootfsPropagation': 'slave', 'maskedPaths': ['/m'], 'readonlyPaths': ['/r'],"
	"   'mountLabel': 'l', 'personality': {'domain': 'LINUX', 'flags': ['f']}}}";

static struct {
	struct arena arena;
	const struct json *tree;
	unsigned tried;
} t;

static char *unquote(const char *s)
{
	char *copy = strdup(s);

	assert_non_null(copy);
	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	return copy;
}

/* The tree as text, with `instead` in the place of the node (NULL: without it). */
static void print_tree(const struct json *j, const struct json *node, const char *instead,
		       struct text *out)
{
	bool first = true;

	if (j == node) {
		text_add(out, instead);
		return;
	}
	if (j->type == JSON_STRING) {
		text_add_json(out, j->text);
	} else if (j->type == JSON_NUMBER) {
		text_add(out, j->text);
	} else if (j->type != JSON_LIST && j->type != JSON_OBJECT) {
		text_add(out, j->type == JSON_TRUE ? "true" : "false");
	} else {
		text_add(out, j->type == JSON_LIST ? "[" : "{");
		for (const struct json *c = j->first; c; c = c->next) {
			if (c == node && !instead)
				continue;
			text_add(out, first ? "" : ",");
			first = false;
			if (c->key) {
				text_add_json(out, c->key);
				text_add(out, ":");
			}
			print_tree(c, node, instead, out);
		}
		text_add(out, j->type == JSON_LIST ? "]" : "}");
	}
}

/* The example with `instead` for the node is refused at path, in these words. */
static void refuses(const struct json *node, const char *instead, const char *path, const char *why)
{
	struct arena a = ARENA_INIT;
	struct error err = ERROR_INIT;
	struct text text = TEXT_INIT, wanted = TEXT_INIT;
	const struct config *c = NULL;
	char message[4096];

	print_tree(t.tree, node, instead, &text);
	assert_int_equal(config_parse(text.s, text.len, "config.json", &a, NULL, &c, &err), -22);
	text_addf(&wanted, "config.json: %s: %s", path, why);
	assert_string_equal(error_text(&err, message, sizeof(message)), wanted.s);
	assert_null(c);
	t.tried++;
	text_free(&text);
	text_free(&wanted);
	arena_free(&a);
}

/* Its form is right: whatever is said about it afterwards is not said by the tables. */
static void takes(const struct json *node, const char *instead, const char *path)
{
	struct arena a = ARENA_INIT;
	struct error err = ERROR_INIT;
	struct text text = TEXT_INIT;
	const struct json *tree;
	struct config c = {0};

	print_tree(t.tree, node, instead, &text);
	assert_int_equal(json_parse(text.s, text.len, &a, &tree, &err), 0);
	if (table_read(&config_table, tree, &c, &a, &err) < 0)
		fail_msg("%s = %s: %s: %s", path, instead ? instead : "nothing", err.field,
			 err.why);
	t.tried++;
	text_free(&text);
	arena_free(&a);
}

static const struct json *child(const struct json *object, const char *key)
{
	for (const struct json *c = object->first; c; c = c->next)
		if (strcmp(c->key, key) == 0)
			return c;
	return NULL;
}

static void wrong_types(const struct json *node, const char *path, enum json_type right,
			const char *wanted, bool entry)
{
	static const struct {
		const char *text;
		enum json_type type;
		const char *name;
	} values[] = {{"null", JSON_NULL, "null"},    {"false", JSON_FALSE, "a boolean"},
		      {"7", JSON_NUMBER, "a number"}, {"\"s\"", JSON_STRING, "a string"},
		      {"[]", JSON_LIST, "a list"},    {"{}", JSON_OBJECT, "an object"},
		      {"[[]]", JSON_LIST, "a list"},  {"{\"a\":{}}", JSON_OBJECT, "an object"}};
	char why[128];

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (values[i].type == right || (values[i].type == JSON_NULL && !entry))
			continue;
		snprintf(why, sizeof(why), "must be %s, got %s", wanted, values[i].name);
		refuses(node, values[i].text, path, why);
	}
}

static void numbers(const struct field *f, const struct json *node, const char *path, bool entry)
{
	long long min = 0;
	unsigned long long max = UINT32_MAX;
	char why[128], number[64];

	if (f->kind == KIND_I64 || f->kind == KIND_I64_PTR) {
		min = INT64_MIN;
		max = INT64_MAX;
	} else if (f->kind == KIND_I32_PTR) {
		min = INT32_MIN;
		max = INT32_MAX;
	} else if (f->kind == KIND_U64 || f->kind == KIND_U64_PTR) {
		max = UINT64_MAX;
	} else if (f->kind == KIND_U16_PTR) {
		max = UINT16_MAX;
	}
	if (f->min || f->max) {
		min = f->min;
		max = f->max;
	}
	wrong_types(node, path, JSON_NUMBER, "a whole number", entry);
	refuses(node, "1.0", path, "must be a whole number without fraction or exponent, got 1.0");
	refuses(node, "1e0", path, "must be a whole number without fraction or exponent, got 1e0");
	snprintf(why, sizeof(why), "must be from %lld to %llu, got 99999999999999999999", min, max);
	refuses(node, "99999999999999999999", path, why);
	snprintf(why, sizeof(why), "must be from %lld to %llu, got -99999999999999999999", min,
		 max);
	refuses(node, "-99999999999999999999", path, why);
	if (max < UINT64_MAX) {
		snprintf(why, sizeof(why), "must be from %lld to %llu, got %llu", min, max,
			 max + 1);
		snprintf(number, sizeof(number), "%llu", max + 1);
		refuses(node, number, path, why);
	}
	if (min > INT64_MIN) {
		snprintf(why, sizeof(why), "must be from %lld to %llu, got %lld", min, max,
			 min - 1);
		snprintf(number, sizeof(number), "%lld", min - 1);
		refuses(node, number, path, why);
	}
	snprintf(number, sizeof(number), "%llu", max);
	takes(node, number, path);
	snprintf(number, sizeof(number), "%lld", min);
	takes(node, number, path);
}

static void strings(const struct field *f, const struct json *node, const char *path, bool entry)
{
	struct text why = TEXT_INIT;

	wrong_types(node, path, JSON_STRING, "a string", entry);
	refuses(node, "\"a\\u0000\"", path, "must not contain a NUL character");
	if ((f->flags & FIELD_NONEMPTY) && !entry)
		refuses(node, "\"\"", path, "must not be empty");
	if (f->flags & FIELD_ABSOLUTE)
		refuses(node, "\"a/b\"", path, "must be an absolute path, got \"a/b\"");
	if (f->values) {
		text_add(&why, "must be one of ");
		for (const char *const *v = f->values; *v; v++) {
			char value[64];

			snprintf(value, sizeof(value), "\"%s\"", *v);
			takes(node, value, path);
			text_addf(&why, "%s, ", value);
		}
		text_add(&why, "got \"nonesuch\"");
		refuses(node, "\"nonesuch\"", path, why.s);
	}
	text_free(&why);
}

static void walk_table(const struct table *table, const struct json *object, const char *path);

/* A list or map of objects, or one object. */
static void objects(const struct field *f, const struct json *node, const char *path)
{
	char below[512];

	if (f->kind == KIND_LIST) {
		wrong_types(node, path, JSON_LIST, "a list of objects", false);
		takes(node, "[]", path);
		snprintf(below, sizeof(below), "%s[0]", path);
	} else if (f->kind == KIND_MAP) {
		wrong_types(node, path, JSON_OBJECT, "an object of objects", false);
		refuses(node, "{\"\":{}}", path, "a key must not be empty");
		takes(node, "{}", path);
		takes(node, "{\"a\":null}", path);
		snprintf(below, sizeof(below), "%s.%s", path, node->first->key);
	} else {
		wrong_types(node, path, JSON_OBJECT, "an object", false);
		walk_table(f->sub, node, path);
		return;
	}
	wrong_types(node->first, below, JSON_OBJECT, "an object", f->kind == KIND_LIST);
	walk_table(f->sub, node->first, below);
}

static void walk_field(const struct field *f, const struct json *node, const char *path)
{
	char below[512];

	snprintf(below, sizeof(below), "%s[0]", path);
	switch (f->kind) {
	case KIND_STRING:
		strings(f, node, path, false);
		return;
	case KIND_BOOL:
	case KIND_BOOL_PTR:
		wrong_types(node, path, JSON_FALSE, "a boolean", false);
		return;
	case KIND_STRINGS:
	case KIND_STRINGS_PTR:
		wrong_types(node, path, JSON_LIST, "a list of strings", false);
		strings(f, node->first, below, true);
		if (f->flags & FIELD_NONEMPTY)
			refuses(node, "[]", path, "must have at least one entry");
		else
			takes(node, "[]", path);
		return;
	case KIND_U32_LIST:
		wrong_types(node, path, JSON_LIST, "a list of numbers", false);
		numbers(f, node->first, below, true);
		return;
	case KIND_STRING_MAP:
		wrong_types(node, path, JSON_OBJECT, "an object of strings", false);
		refuses(node, "{\"\":\"\"}", path, "a key must not be empty");
		snprintf(below, sizeof(below), "%s.plain", path);
		refuses(node, "{\"plain\":0}", below, "must be a string, got a number");
		snprintf(below, sizeof(below), "%s[\"a.b\"]", path);
		refuses(node, "{\"a.b\":[]}", below, "must be a string, got a list");
		takes(node, "{\"a\":null,\"b\":\"\"}", path);
		return;
	case KIND_OBJECT:
	case KIND_OBJECT_PTR:
	case KIND_LIST:
	case KIND_MAP:
		objects(f, node, path);
		return;
	default:
		numbers(f, node, path, false);
	}
}

static void walk_table(const struct table *table, const struct json *object, const char *path)
{
	for (size_t i = 0; i < table->n; i++) {
		const struct field *f = &table->fields[i];
		const struct json *node = child(object, f->key);
		char below[512];

		snprintf(below, sizeof(below), "%s%s%s", path, *path ? "." : "", f->key);
		if (!node)
			fail_msg("the example lacks %s", below);
		if (f->flags & FIELD_REQUIRED) {
			refuses(node, NULL, below, "is required");
			refuses(node, "null", below, "is required");
		} else {
			takes(node, NULL, below);
			takes(node, "null", below);
		}
		walk_field(f, node, below);
	}
}

static int setup(void **state)
{
	char *text = unquote(example);
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(json_parse(text, strlen(text), &t.arena, &t.tree, &err), 0);
	free(text);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(&t.arena);
	return 0;
}

static void test_every_property(void **state)
{
	(void)state;
	takes(NULL, NULL, "");
	walk_table(&config_table, t.tree, "");
	assert_true(t.tried > 1500);
}

/* What one table has written, it reads again as the same. */
static void test_written_and_read(void **state)
{
	struct arena a = ARENA_INIT;
	struct error err = ERROR_INIT;
	struct text once = TEXT_INIT, twice = TEXT_INIT;
	struct config first = {0}, second = {0};
	const struct json *tree;

	(void)state;
	assert_int_equal(table_read(&config_table, t.tree, &first, &a, &err), 0);
	table_write(&config_table, &first, true, &once);
	assert_int_equal(json_parse(once.s, once.len, &a, &tree, &err), 0);
	assert_int_equal(table_read(&config_table, tree, &second, &a, &err), 0);
	table_write(&config_table, &second, true, &twice);
	assert_string_equal(once.s, twice.s);
	assert_true(once.len > strlen(example));
	text_free(&once);
	text_free(&twice);
	arena_free(&a);
}

/* The example's values, as they must stand in the structs; one of each kind. */
static void test_values(void **state)
{
	struct arena a = ARENA_INIT;
	struct error err = ERROR_INIT;
	struct config c = {0};
	const struct resources *r;

	(void)state;
	assert_int_equal(table_read(&config_table, t.tree, &c, &a, &err), 0);
	r = c.linux_conf->resources;
	assert_string_equal(c.oci_version, "1.3.0");
	assert_true(c.root->readonly);
	assert_int_equal(c.annotations.n, 2);
	assert_string_equal(c.annotations.v[1].key, "c.d");
	assert_string_equal(c.annotations.v[1].value, "");
	assert_string_equal(c.mounts.v[0].options.v[0], "ro");
	assert_null(c.mounts.v[0].options.v[1]);
	assert_int_equal(c.mounts.v[0].gid_mappings.v[0].size, 2);
	assert_int_equal(*c.hooks.poststop.v[0].timeout, 1);
	assert_string_equal(c.hooks.poststop.v[0].env->v[0], "A=1");
	assert_int_equal(*c.process->user.umask, 18);
	assert_int_equal(c.process->user.additional_gids.v[0], 3);
	assert_int_equal(c.process->rlimits.v[0].hard, 2);
	assert_int_equal(*c.process->scheduler->nice, 1);
	assert_int_equal(*c.linux_conf->time_offsets->boottime->secs, -1);
	assert_string_equal(c.linux_conf->net_devices.v[0].key, "eth0");
	assert_string_equal(c.linux_conf->net_devices.v[0].name, "n");
	assert_true(r->has_devices);
	assert_int_equal(*r->pids_limit, 1);
	assert_int_equal(*r->block_io->weight_device.v[0].leaf_weight, 10);
	assert_int_equal(r->block_io->write_iops.v[0].rate, 3);
	assert_string_equal(r->rdma.v[0].device, "mlx");
	assert_int_equal(*r->rdma.v[0].hca_objects, 2);
	assert_int_equal(*c.linux_conf->seccomp->syscalls.v[0].args.v[0].value_two, 2);
	assert_string_equal(c.linux_conf->seccomp->flags->v[0], "SECCOMP_FILTER_FLAG_LOG");
	arena_free(&a);
}

static void expect(const char *text, bool process, const char *message)
{
	struct arena a = ARENA_INIT;
	struct error err = ERROR_INIT;
	const struct config *c = NULL;
	const struct process *p = NULL;
	char *doc = unquote(text), got[4096] = "";
	int r = process ? process_parse(doc, strlen(doc), "process.json", &a, NULL, &p, &err)
			: config_parse(doc, strlen(doc), "config.json", &a, NULL, &c, &err);

	if (r < 0)
		error_text(&err, got, sizeof(got));
	assert_string_equal(got, message);
	assert_int_equal(r < 0, !c && !p);
	free(doc);
	arena_free(&a);
}

static void test_documents(void **state)
{
	(void)state;
	expect("[]", false, "config.json: must be an object, got a list");
	expect("7", false, "config.json: must be an object, got a number");
	expect("{}", false, "config.json: ociVersion: is required");
	expect("{'ociVersion': '1.0.0'}", false, "config.json: root: is required");
	expect("{'ociVersion': '1.0.0', 'root': {'path': 'r'}}", false, "");
	expect("{'ociVersion': '1.0.0', 'root': {'path': 'r', 'x': {}}, 'windows': {'a': [1, {}]}}",
	       false, "");
	expect("{'ociVersion': '1.0.0', 'root': {'path': 'r'}, 'process': {'args': ['x']}}", false,
	       "config.json: process.cwd: is required");

	expect("null", true, "process.json: must be an object, got null");
	expect("{'cwd': '/', 'args': ['sh', 1]}", true,
	       "process.json: args[1]: must be a string, got a number");
	expect("{'cwd': '/'}", true, "process.json: args: must have at least one entry");
	expect("{'cwd': '/', 'args': ['sh'], 'user': {'uid': -1}}", true,
	       "process.json: user.uid: must be from 0 to 4294967294, got -1");
	expect("{'cwd': '/', 'args': ['sh'], 'apparmorProfile': 'x'}", true,
	       "process.json: apparmorProfile: is not supported by this version of hoy (AppArmor)");
	expect("{'cwd': '/', 'args': ['sh'], 'apparmorProfile': '', 'selinuxLabel': null}", true,
	       "");
}

/* "" is absent for what is optional; -0 is 0. */
static void test_small_print(void **state)
{
	struct arena a = ARENA_INIT;
	struct error err = ERROR_INIT;
	const struct config *c = NULL;
	char *doc = unquote(
		"{'ociVersion': '1.0.0', 'root': {'path': 'r'}, 'hostname': '',"
		" 'process': {'cwd': '/', 'args': ['x', ''], 'user': {'uid': -0}},"
		" 'linux': {'mountLabel': '', 'namespaces': [{'type': 'mount', 'path': ''}],"
		" 'resources': {'devices': []}}}");

	(void)state;
	assert_int_equal(config_parse(doc, strlen(doc), "config.json", &a, NULL, &c, &err), 0);
	assert_null(c->hostname);
	assert_null(c->linux_conf->mount_label);
	assert_null(c->linux_conf->namespaces.v[0].path);
	assert_int_equal(c->process->user.uid, 0);
	assert_int_equal(c->process->args.n, 2);
	assert_true(c->linux_conf->resources->has_devices);
	assert_null(c->linux_conf->resources->memory);
	free(doc);
	arena_free(&a);
}

/* err and warn may be NULL everywhere. */
static void test_nobody_listens(void **state)
{
	struct arena a = ARENA_INIT;
	const struct config *c = NULL;
	static const char *const docs[] = {"", "{", "{}", "{\"ociVersion\":1}",
					   "{\"ociVersion\":\"2.0.0\",\"root\":{\"path\":\"r\"}}"};

	(void)state;
	for (size_t i = 0; i < sizeof(docs) / sizeof(docs[0]); i++)
		assert_true(config_parse(docs[i], strlen(docs[i]), "d", &a, NULL, &c, NULL) < 0);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_property), cmocka_unit_test(test_written_and_read),
		cmocka_unit_test(test_values),	       cmocka_unit_test(test_documents),
		cmocka_unit_test(test_small_print),    cmocka_unit_test(test_nobody_listens),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
