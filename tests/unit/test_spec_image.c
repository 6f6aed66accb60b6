/* SPDX-License-Identifier: Apache-2.0 */
/* The documents of an image. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/fd.h"
#include "base/text.h"
#include "spec/image.h"

#define D1	  "sha256:b5b2b2c507a0944348e0303114d8d93aaaa081732b86451d9bce1f432a537bc7"
#define D2	  "sha256:9834876dcfb05cb167a5c24953eba58c4ac89b1adf57f28f2f9d09af107ee8f0"
#define OCI	  "application/vnd.oci.image."
#define DESC(x)	  "{'mediaType':'" OCI "manifest.v1+json','digest':'" D1 "','size':" x "}"
#define INDEX(x)  "{'schemaVersion':2,'manifests':[" x "]}"
#define IMAGE(x)  "{'schemaVersion':2,'config':" DESC("7") ",'layers':[" DESC("8") "]" x "}"
#define ROOTFS	  "'rootfs':{'type':'layers','diff_ids':['" D1 "']}"
#define CONFIG(x) "{'architecture':'amd64','os':'linux'," ROOTFS x "}"

enum kind { OF_INDEX, OF_MANIFEST, OF_CONFIG, OF_LAYOUT };

/* A copy in which ' stands for ". */
static char *quotes(const char *text)
{
	char *doc = strdup(text), *p;

	assert_non_null(doc);
	for (p = doc; *p; p++)
		if (*p == '\'')
			*p = '"';
	return doc;
}

static int parse(enum kind kind, const char *text, struct arena *a, void *ret, struct error *err)
{
	char *doc = quotes(text);
	size_t n = strlen(doc);
	int r = kind == OF_INDEX      ? image_index_parse(doc, n, "d", a, ret, err)
		: kind == OF_MANIFEST ? image_manifest_parse(doc, n, "d", a, ret, err)
		: kind == OF_CONFIG   ? image_config_parse(doc, n, "d", a, ret, err)
				      : image_layout_check(doc, n, "d", err);

	free(doc);
	return r;
}

static void written(const char *want, struct text *got)
{
	char *doc = quotes(want);

	assert_string_equal(got->s, doc);
	free(doc);
	text_free(got);
}

/* What is written is what was read, byte for byte. */
static void indexes(void **state)
{
	static const char doc[] =
		"{'schemaVersion':2,'mediaType':'" OCI "index.v1+json','manifests':["
		"{'mediaType':'" OCI "manifest.v1+json','digest':'" D1
		"','size':7143,'annotations':"
		"{'org.opencontainers.image.ref.name':'v1'},'platform':{'architecture':'arm64','os'"
		":'linux',"
		"'variant':'v8'}},"
		"{'mediaType':'" OCI "manifest.v1+json','digest':'" D2 "','size':7682}],"
		"'annotations':{'a':'b'}}";
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct text t = TEXT_INIT;
	struct image_index i;

	(void)state;
	assert_int_equal(parse(OF_INDEX, doc, &a, &i, NULL), 0);
	assert_int_equal(i.manifests.n, 2);
	assert_string_equal(i.manifests.v[0].digest, D1);
	assert_int_equal(i.manifests.v[0].size, 7143);
	assert_string_equal(i.manifests.v[0].platform->variant, "v8");
	assert_null(i.manifests.v[1].platform);
	image_index_write(&i, &t);
	written(doc, &t);
	/* One without any image is one; so is Docker's. */
	assert_int_equal(parse(OF_INDEX, INDEX(""), &a, &i, NULL), 0);
	assert_int_equal(i.manifests.n, 0);
	assert_int_equal(parse(OF_INDEX,
			       "{'schemaVersion':2,'mediaType':'application/"
			       "vnd.docker.distribution.manifest."
			       "list.v2+json','manifests':[]}",
			       &a, &i, NULL),
			 0);
}

static void manifests(void **state)
{
	static const char doc[] =
		"{'schemaVersion':2,'mediaType':'" OCI
		"manifest.v1+json','config':{'mediaType':'" OCI "config.v1+json','digest':'" D1
		"','size':7023},'layers':[{'mediaType':'" OCI "layer.v1.tar+gzip','digest':'" D2
		"','size':32654}]}";
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct text t = TEXT_INIT;
	struct image_manifest m;

	(void)state;
	assert_int_equal(parse(OF_MANIFEST, doc, &a, &m, NULL), 0);
	assert_string_equal(m.config.digest, D1);
	assert_int_equal(m.layers.n, 1);
	assert_int_equal(m.layers.v[0].size, 32654);
	image_manifest_write(&m, &t);
	written(doc, &t);
}

static void configs(void **state)
{
	static const char doc[] =
		"{'created':'2015-10-31T22:22:56.015925234Z','author':'A','architecture':'amd64',"
		"'os':'linux',"
		"'config':{'User':'alice','ExposedPorts':{'8080/tcp':{}},'Env':['PATH=/"
		"bin','FOO=bar'],"
		"'Entrypoint':['/bin/app'],'Cmd':['--a','b'],'Volumes':{'/data':{},'/log':{}},"
		"'WorkingDir':'/home/alice','Labels':{'x':'y'},'StopSignal':'SIGRTMIN+3'},"
		"'rootfs':{'type':'layers','diff_ids':['" D1 "','" D2 "']},"
		"'history':[{'created':'2015-10-31T22:22:54.690851953Z','created_by':'/bin/sh "
		"ADD'},"
		"{'created_by':'CMD','empty_layer':true}]}";
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	struct text t = TEXT_INIT;
	struct image_config c;

	(void)state;
	assert_int_equal(parse(OF_CONFIG, doc, &a, &c, NULL), 0);
	assert_int_equal(c.rootfs.diff_ids.n, 2);
	assert_int_equal(c.config.volumes.n, 2);
	assert_string_equal(c.config.volumes.v[1].key, "/log");
	assert_string_equal(c.config.entrypoint->v[0], "/bin/app");
	assert_true(c.history.v[1].empty_layer);
	image_config_write(&c, &t);
	written(doc, &t);
	/* Absent differs from empty. Docker writes null for both, and more besides. */
	assert_int_equal(parse(OF_CONFIG,
			       CONFIG(",'config':{'Entrypoint':null,'Cmd':[],'Hostname':'x',"
				      "'Volumes':null}"),
			       &a, &c, NULL),
			 0);
	assert_null(c.config.entrypoint);
	assert_non_null(c.config.cmd);
	assert_int_equal(c.config.cmd->n, 0);
	assert_int_equal(parse(OF_CONFIG, CONFIG(""), &a, &c, NULL), 0);
	assert_null(c.config.cmd);
}

static void bad_documents(void **state)
{
	static const struct {
		enum kind kind;
		const char *text, *field;
	} cases[] = {
		{OF_INDEX, "[]", ""},
		{OF_INDEX, "{'schemaVersion':2}", "manifests"},
		{OF_INDEX, "{'schemaVersion':1,'manifests':[]}", "schemaVersion"},
		{OF_INDEX, "{'manifests':[]}", "schemaVersion"},
		{OF_INDEX, INDEX("{'mediaType':'x','size':1}"), "manifests[0].digest"},
		{OF_INDEX, INDEX("{'mediaType':'x','digest':'" D1 "'}"), "manifests[0].size"},
		{OF_INDEX, INDEX("{'digest':'" D1 "','size':1}"), "manifests[0].mediaType"},
		{OF_INDEX, INDEX(DESC("-1")), "manifests[0].size"},
		{OF_INDEX, INDEX(DESC("9223372036854775808")), "manifests[0].size"},
		{OF_INDEX, INDEX(DESC("1.5")), "manifests[0].size"},
		{OF_INDEX, INDEX(DESC("'7'")), "manifests[0].size"},
		{OF_INDEX,
		 INDEX("{'mediaType':'x','digest':'d','size':1,'platform':{'os':'linux'}}"),
		 "manifests[0].platform.architecture"},
		{OF_INDEX, "{'schemaVersion':2,'manifests':[],'layers':[]}", "layers"},
		{OF_INDEX,
		 "{'schemaVersion':2,'manifests':[],'mediaType':'" OCI "manifest.v1+json'}",
		 "mediaType"},
		{OF_MANIFEST, "{'schemaVersion':2,'layers':[]}", "config"},
		{OF_MANIFEST, "{'schemaVersion':2,'config':" DESC("1") "}", "layers"},
		{OF_MANIFEST, IMAGE(",'manifests':[]"), "manifests"},
		{OF_MANIFEST, IMAGE(",'fsLayers':[]"), "fsLayers"},
		{OF_MANIFEST, IMAGE(",'mediaType':'" OCI "index.v1+json'"), "mediaType"},
		{OF_CONFIG, "{'os':'linux','rootfs':{'type':'layers','diff_ids':[]}}",
		 "architecture"},
		{OF_CONFIG, "{'architecture':'x','os':'linux'}", "rootfs"},
		{OF_CONFIG,
		 "{'architecture':'x','os':'linux','rootfs':{'type':'zip','diff_ids':[]}}",
		 "rootfs.type"},
		{OF_CONFIG, "{'architecture':'x','os':'linux','rootfs':{'type':'layers'}}",
		 "rootfs.diff_ids"},
		{OF_CONFIG, CONFIG(",'config':{'Env':'x'}"), "config.Env"},
		{OF_CONFIG, CONFIG(",'config':{'Volumes':['/x']}"), "config.Volumes"},
		{OF_CONFIG, CONFIG(",'config':{'Volumes':{'':{}}}"), "config.Volumes"},
		{OF_CONFIG, CONFIG(",'layers':[]"), "layers"},
		{OF_LAYOUT, "{}", "imageLayoutVersion"},
		{OF_LAYOUT, "{'imageLayoutVersion':'2.0.0'}", "imageLayoutVersion"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(arena_free) struct arena a = ARENA_INIT;
		union {
			struct image_index index;
			struct image_manifest manifest;
			struct image_config config;
		} ret;
		struct error e = ERROR_INIT;

		if (parse(cases[i].kind, cases[i].text, &a, &ret, &e) == 0)
			fail_msg("%s was taken", cases[i].text);
		assert_string_equal(e.doc, "d");
		assert_string_equal(e.field, cases[i].field);
		assert_int_equal(parse(cases[i].kind, cases[i].text, &a, &ret, NULL), -EINVAL);
	}
	assert_int_equal(
		parse(OF_LAYOUT, "{'imageLayoutVersion':'1.0.0','more':1}", NULL, NULL, NULL), 0);
}

/* ---- Every node ------------------------------------------------------------------------------ */

/* Where the next value in a document ends. */
static const char *value_end(const char *p)
{
	int depth = 0;

	if (*p == '\'') {
		return strchr(p + 1, '\'') + 1;
	} else if (*p == '{' || *p == '[') {
		do {
			depth += (*p == '{' || *p == '[') - (*p == '}' || *p == ']');
			p++;
		} while (depth);
		return p;
	}
	return p + strcspn(p, ",]}");
}

/* Whether a value may begin at p: behind a colon, a bracket or, in a list, a comma. */
static bool is_value(const char *doc, const char *p, bool in_list)
{
	return p > doc && (p[-1] == ':' || p[-1] == '[' || (p[-1] == ',' && in_list)) && *p != ']';
}

/* The document with each of its values in turn replaced by each of these is taken, or refused with the field
 * that it is about. */
static void nodes_of(enum kind kind, const char *doc)
{
	static const char *const others[] = {"null", "true", "-1",	 "'x'",	 "[]",
					     "{}",   "[[]]", "{'a':{}}", "1e400"};
	_cleanup_(arena_free) struct arena a = ARENA_INIT;
	union {
		struct image_index index;
		struct image_manifest manifest;
		struct image_config config;
	} d;
	unsigned values = 0, refused = 0;
	bool lists[32] = {false}, quoted = false;
	int depth = 0;
	const char *p;

	assert_int_equal(parse(kind, doc, &a, &d, NULL), 0); /* the control */
	for (p = doc; *p; p++) {
		if (!quoted && is_value(doc, p, lists[depth])) {
			size_t i;

			values++;
			for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
				struct error err = ERROR_INIT;
				const char *text = arena_join(&a, arena_memdup(&a, doc, (size_t)(p - doc)),
							      others[i], value_end(p), NULL);
				int r = parse(kind, text, &a, &d, &err);

				assert_true(r <= 0);
				if (r < 0)
					assert_true(err.field[0] && err.why[0]);
				refused += r < 0;
			}
		}
		quoted ^= *p == '\'';
		if (!quoted && (*p == '{' || *p == '['))
			lists[++depth] = *p == '[';
		else if (!quoted && (*p == '}' || *p == ']'))
			depth--;
	}
	assert_true(values > 10);
	/* Most of them: null and an empty list are often as good as nothing. */
	assert_true(refused > values * 5);
}

static void nodes(void **state)
{
	(void)state;
	nodes_of(OF_INDEX,
		 "{'schemaVersion':2,'mediaType':'" OCI "index.v1+json','manifests':[{'mediaType':'" OCI
		 "manifest.v1+json','digest':'" D1 "','size':7,'urls':['http:x'],'annotations':{'k':'v'},"
		 "'platform':{'architecture':'arm64','os':'linux','variant':'v8','os.features':['f']}}],"
		 "'annotations':{'a':'b'}}");
	nodes_of(OF_MANIFEST, IMAGE(",'mediaType':'" OCI "manifest.v1+json','annotations':{'a':'b'}"));
	nodes_of(OF_CONFIG,
		 CONFIG(",'created':'2020-01-01T00:00:00Z','author':'x','config':{'User':'u','Env':['A=b'],"
			"'Cmd':['c'],'Entrypoint':['e'],'WorkingDir':'w','Labels':{'l':'m'},"
			"'Volumes':{'v':{}},'ExposedPorts':{'p':{}},'StopSignal':'TERM'},"
			"'history':[{'created_by':'x','empty_layer':true}]"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(indexes),
		cmocka_unit_test(manifests),
		cmocka_unit_test(configs),
		cmocka_unit_test(bad_documents),
		cmocka_unit_test(nodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
